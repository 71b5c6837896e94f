import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import { isUnder } from './lib/isUnder'
import { parse } from './lib/json'
import type { Answer } from './types'

/** Batches go to `v1/batch` beside the script, whose directory is the site's own prefix; the npm package names it. */
const { href, origin, hostname } = new URL('v1/batch', config.u || (document.currentScript as HTMLScriptElement | null)?.src || location.origin)

export { href }

/** May the collector set its cookie? Only on the site's own hosts, and never for a visitor who asks for none. */
const together = origin === location.origin || config.d.some((domain) => isUnder(location.hostname, domain) && isUnder(hostname, domain))
const credentials = !cookieless && together ? 'include' : 'omit'

/** Not every answer is ours (a proxy's error page): then its status says enough. */
const heard = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  return [response.status, Number(response.headers.get('Retry-After')), attempt(() => parse(text).rotate)]
}

/**
 * Send one batch so that it outlives the page. Text, so that no preflight delays or loses it. Never rejects. Where a page
 * has broken `fetch`, a beacon: nothing is heard of it, so handed over counts as delivered.
 */
export const send = async (body: string): Promise<Answer> => {
  try {
    return await fetch(href, { body, credentials, keepalive: true, method: 'POST' }).then(heard).catch(() => [0])
  } catch (_) {
    return [navigator.sendBeacon(href, body) ? 200 : 0]
  }
}
