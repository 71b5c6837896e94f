import { asked } from './asked'
import { config } from './config'
import { isUnder } from './lib/isUnder'
import { parse } from './lib/json'
import type { Answer } from './types'

/** Batches go to `v1/batch` beside the script, whose directory is the site's own prefix. */
const { href, origin, hostname } = new URL('v1/batch', (document.currentScript as HTMLScriptElement | null)?.src || location.origin)

/** May the collector set its cookie? Only on the site's own hosts, and never for a visitor who asks for none. */
const credentials = (): RequestCredentials => {
  const together = config.d.some((domain) => isUnder(location.hostname, domain) && isUnder(hostname, domain))
  return asked === 'cookieless' ? 'omit' : origin === location.origin ? 'same-origin' : together ? 'include' : 'omit'
}

const answer = (status: number, retryAfter = 0, rotate = []): Answer => ({ status, retryAfter, rotate })

const heard = async (response: Response) => {
  const retryAfter = Number(response.headers.get('Retry-After')) || 0
  try {
    return answer(response.status, retryAfter, parse(await response.text()).rotate)
  } catch (_) {
    // Not every answer is ours (a proxy's error page); its status says enough.
    return answer(response.status, retryAfter)
  }
}

/**
 * Send one batch so that it outlives the page. Text, so that no preflight delays or loses it. Never rejects. Where a page
 * has broken `fetch`, a beacon: nothing is heard of it, so handed over counts as delivered.
 */
export const send = async (body: string): Promise<Answer> => {
  try {
    return await fetch(href, { method: 'POST', body, keepalive: true, credentials: credentials() }).then(heard, () => answer(0))
  } catch (_) {
    return answer(navigator.sendBeacon(href, body) ? 200 : 0)
  }
}
