import { isUnder } from './isUnder'
import { writeCookie } from './writeCookie'

const PROBE = 'passerby_p'

/**
 * The widest domain on which this host may set a cookie: one that the site names, else found by trying, shortest first,
 * so that the browser's own public suffix list decides. '' (this host only) for addresses and single labels.
 */
export const widestDomain = (host: string, own: string[]): string => {
  if (!/\.\D/.test(host)) return ''
  const labels = host.split('.')
  const domains = labels.map((_, i) => labels.slice(-2 - i).join('.'))
  // Removing a cookie never reads back.
  const accepts = (domain: string) => writeCookie(PROBE, '1', domain) && !writeCookie(PROBE, '', domain)
  return own.find((domain) => isUnder(host, domain)) || domains.find(accepts) || ''
}
