import { attempt } from './attempt'
import { chance } from './chance'
import { now } from './natives'

/** Digits of the time, digits at random, and what stands in every one. */
const SHAPE = 'tttttttt-tttt-7rrr-8rrr-rrrrrrrrrrrr'

/** A UUIDv7 (RFC 9562): ordered by time, so that the smallest of several is the oldest and the server's index stays warm. */
export const uuid7 = (): string => {
  // Whatever a page has made of either source: the other one is left.
  const random: any = attempt(() => crypto.getRandomValues(new Uint8Array(36))) || []
  let time = now()
  let id = ''
  for (let index = 36; index--; ) {
    const sign = SHAPE[index]!
    const digit = sign === 't' ? time % 16 : (random[index] ^ (chance() * 16)) & 15
    id = (sign > 'a' ? '0123456789abcdef'[digit] : sign) + id
    if (sign === 't') time = (time - digit) / 16
  }
  return id
}
