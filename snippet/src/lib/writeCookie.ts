import { attempt } from './attempt'
import { cookieValues } from './cookieValues'

/** 400 days: the longest life that browsers grant a cookie. */
const LIFE = 34560000

/** Write a cookie on `domain` ('' for this host only), or remove it when the value is empty. Says whether it now reads so. */
export const writeCookie = (name: string, value: string, domain: string): boolean => {
  const where = (domain && '; Domain=' + domain) + (location.protocol === 'https:' ? '; Secure' : '')
  attempt(() => (document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${value ? LIFE : 0}${where}`))
  return cookieValues(name).includes(value)
}
