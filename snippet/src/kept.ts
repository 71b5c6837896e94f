import { config } from './config'
import { cookieValues } from './lib/cookieValues'
import * as storage from './lib/storage'
import { widestDomain } from './lib/widestDomain'
import { writeCookie } from './lib/writeCookie'

// Small values that all subdomains share: in a cookie on the widest domain, in localStorage where cookies are refused.

let domain: string | undefined

export const get = (name: string): string => cookieValues(name)[0] || storage.get(name)

/**
 * Keep a value, or remove it everywhere when it is empty (an empty cookie never reads back, so every place is tried).
 * Says whether it was kept at all.
 */
export const set = (name: string, value: string): boolean => {
  domain ??= config.x ? '' : widestDomain(location.hostname, config.d)
  return writeCookie(name, value, domain) || writeCookie(name, value, '') || storage.set(name, value)
}
