import { cookieValues, writeCookie } from './jar'
import { parent } from './parent'

const PROBE = 'passerby_p'

const isAccepted = (domain: string) => {
  writeCookie(PROBE, '1', domain)
  const found = cookieValues(PROBE).length
  writeCookie(PROBE, '', domain)
  return found
}

/**
 * The widest domain on which this host may set a cookie, found by trying, so that the browser's own public suffix list
 * decides; '' where no cookie can be set.
 */
export const widestDomain = (host: string): string => host && (widestDomain(parent(host)) || (isAccepted(host) ? host : ''))
