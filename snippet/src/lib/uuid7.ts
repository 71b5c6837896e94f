import { attempt } from './attempt'

/** A UUIDv7 (RFC 9562): ordered by time, so that the smallest of several is the oldest and the server's index stays warm. */
export const uuid7 = (): string => {
  const bytes = attempt(() => crypto.getRandomValues(new Uint8Array(10))) || new Uint8Array(10).map(() => Math.random() * 256)
  let hex = Date.now().toString(16).padStart(12, '0')
  bytes.forEach((byte) => (hex += (byte + 256).toString(16).slice(1)))
  return hex.replace(/(.{8})(.{4}).(...).(...)/, '$1-$2-7$3-8$4-')
}
