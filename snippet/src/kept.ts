import { config } from './config'
import { chosen } from './lib/chosen'
import { isUnder } from './lib/isUnder'
import { cookieValues, writeCookie } from './lib/jar'
import { each, first, has } from './lib/list'
import { exec, split } from './lib/natives'
import { parent } from './lib/parent'
import * as storage from './lib/storage'
import { widestDomain } from './lib/widestDomain'

// Small values that all subdomains share: in a cookie on the widest domain, in localStorage where cookies are refused.
// A browser shows the cookies of all domains and paths under one name, and does not say which is which. Ours is the one on the
// site's domain and the path `/`. Those on narrower domains and longer paths are removed. Those on wider domains are another
// site's, or ours from before a setting was narrowed: so where there can be any, a value carries a mark, the number of labels of
// the domain that it was written for, 0 for a single host.

const host = location.hostname

/** Where this page writes: '' for this host only, as for addresses and single labels; not yet known before the first write. */
let domain = config.x || !exec(/\.\D/, host) ? '' : first(config.d, (one) => isUnder(host, one))

const place = () => (domain ??= widestDomain(host))

let isNarrow: unknown

/** Mark at the end of each value that is kept. */
const mark = () => {
  // Outside of the collector's script nobody has said whether a wider domain is possible.
  isNarrow ??= config.x || config.w || (config.n && place() && widestDomain(parent(domain!)))
  return isNarrow ? '.@' + ((place() && split(domain!, '.').length) || 0) : ''
}

/** Remove what is on narrower domains and longer paths than ours. */
const sweep = (name: string) => {
  let path = ''
  each(split(location.pathname, '/'), (part, index) => {
    path += (index ? '/' : '') + part
    // An empty path would be that of this very page.
    each(path ? [path, path + '/'] : ['/'], (path) => {
      if (domain || path !== '/') writeCookie(name, '', '', path)
      for (let where = domain && host; where; where = where === domain ? '' : parent(where)) {
        if (where !== domain || path !== '/') writeCookie(name, '', where, path)
      }
    })
  })
}

/** Cookies that were there when all that can be removed had been. */
const swept: string[] = []

/** The value that a cookie has for this page, without its mark; '' when there is none. */
export const cookie = (name: string): string => {
  const values = cookieValues(name)
  const value = chosen(values, mark())
  let state = name
  each(values, (one) => (state += ';' + one))
  if (values.length < 2 || has(swept, state)) return value
  swept[swept.length] = state
  sweep(name)
  if (value && !cookie(name)) set(name, value)
  return cookie(name)
}

/** The same of localStorage. */
export const stored = (name: string): string => chosen([storage.get(name)], mark())

export const store = (name: string, value: string): boolean => storage.set(name, value && value + mark())

export const get = (name: string): string => cookie(name) || stored(name)

/** Keep a value, or remove it everywhere when it is empty. Says whether it was kept at all. */
export const set = (name: string, value: string): boolean => {
  const reads = (where: string) => {
    writeCookie(name, value && value + mark(), where)
    if (!value || cookieValues(name).length > 1) sweep(name)
    return cookie(name) === value
  }
  const isKept = reads(place()) || (domain && reads(''))
  return value && isKept ? true : store(name, value)
}
