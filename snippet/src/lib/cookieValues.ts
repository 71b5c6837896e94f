import { attempt } from './attempt'

/**
 * Every non-empty value that `document.cookie` shows under a name: two when a host-only and a domain cookie share it.
 * Reading throws in a sandboxed frame: then there is none.
 */
export const cookieValues = (name: string): string[] =>
  attempt(() => document.cookie.split('; ').flatMap((pair) => (pair.startsWith(name + '=') && pair.slice(name.length + 1)) || [])) || []
