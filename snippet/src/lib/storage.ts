import { attempt } from './attempt'
import { pick } from './list'
import { keys as keysOf, slice } from './natives'

// localStorage that never throws: blocked, full or absent, it only says no.

export const get = (key: string): string => attempt(() => localStorage.getItem(key)) || ''

/** An empty value removes the key. Says whether it now reads so. */
export const set = (key: string, value: string): boolean => {
  attempt(() => localStorage[value ? 'setItem' : 'removeItem'](key, value))
  return get(key) === value
}

export const keys = (prefix: string): string[] =>
  attempt(() => pick(keysOf(localStorage), (key) => (slice(key, 0, prefix.length) === prefix ? key : undefined))) || []
