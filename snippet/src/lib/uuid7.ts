import { attempt } from './attempt'

/** A UUIDv7 (RFC 9562): ordered by time, so that the smallest of several is the oldest and the server's index stays warm. */
export const uuid7 = (): string => {
  const random = attempt(() => crypto.getRandomValues(new Uint8Array(32))) || []
  // Eleven digits of time until the year 2527.
  let hex = '0' + Date.now().toString(16)
  while (!hex[31]) hex += ((random[hex.length] ?? Math.random() * 16) & 15).toString(16)
  return hex.replace(/(.{8})(.{4}).(...).(...)/, '$1-$2-7$3-8$4-')
}
