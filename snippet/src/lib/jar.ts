import { attempt } from './attempt'
import { genuine } from './genuine'
import { pick } from './list'
import { owns, set, slice, split } from './natives'

/** All cookies, as they were read in this task: reading is slow, and nobody else changes them meanwhile. */
let known: string | undefined

const forget = async () => {
  await 0
  known = undefined
}

/** All cookies of this page, as the browser tells them; '' where reading throws (a sandboxed frame). */
export const cookies = (): string => {
  if (known === undefined) {
    known = attempt(() => genuine(document, 'cookie')) || ''
    forget()
  }
  return known!
}

/** Every non-empty value under a name: several when cookies of several domains or paths share it. */
export const cookieValues = (name: string): string[] =>
  pick(split(cookies(), '; '), (pair) => (slice(pair, 0, name.length + 1) === name + '=' && slice(pair, name.length + 1)) || undefined)

/** 400 days: the longest life that browsers grant a cookie. */
const LIFE = 34560000

/** Write a cookie on `domain` ('' for this host only), or remove it when the value is empty. */
export const writeCookie = (name: string, value: string, domain: string, path = '/'): void => {
  const where = (domain && '; Domain=' + domain) + (location.protocol === 'https:' ? '; Secure' : '')
  // A page's script may refuse us the cookies, and is heard; an element of this name is not.
  // Only what the document itself has under the name is looked at: reading a cookie is slow.
  const holder = owns(document, 'cookie') && attempt(() => typeof document.cookie) === 'object' ? Document.prototype : document
  attempt(() => set(holder, 'cookie', `${name}=${value}; Path=${path}; SameSite=Lax; Max-Age=${value ? LIFE : 0}${where}`, document))
  known = undefined
}
