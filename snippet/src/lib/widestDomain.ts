import { isUnder } from './isUnder'
import { writeCookie } from './writeCookie'

const PROBE = 'passerby_p'

/**
 * The widest domain on which this host may set a cookie: one that the site names, else found by trying, shortest first,
 * so that the browser's own public suffix list decides. '' (this host only) for addresses and single labels.
 */
export const widestDomain = (host: string, own: string[]): string => {
  const labels = host.split('.')
  if (!labels[1] || /^[\d.]+$/.test(host)) return ''
  const named = own.find((domain) => isUnder(host, domain))
  if (named) return named
  for (let i = labels.length - 2; i >= 0; i--) {
    const domain = labels.slice(i).join('.')
    if (writeCookie(PROBE, '1', domain)) {
      writeCookie(PROBE, '', domain)
      return domain
    }
  }
  return ''
}
