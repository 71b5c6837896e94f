import { attempt } from './attempt'

// localStorage that never throws: blocked, full or absent, it only says no.

export const get = (key: string): string => attempt(() => localStorage.getItem(key)) || ''

/** An empty value removes the key. Says whether it now reads so. */
export const set = (key: string, value: string): boolean => {
  attempt(() => localStorage[value ? 'setItem' : 'removeItem'](key, value))
  return get(key) === value
}

export const keys = (prefix: string): string[] => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) || []
