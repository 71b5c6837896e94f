import { asked } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import { isUnder } from './lib/isUnder'
import { parse } from './lib/json'
import type { Answer } from './types'

/** Batches go to `v1/batch` beside the script, whose directory is the site's own prefix. */
const { href, origin, hostname } = new URL('v1/batch', (document.currentScript as HTMLScriptElement | null)?.src || location.origin)

/** May the collector set its cookie? Only on the site's own hosts, and never for a visitor who asks for none. */
const together = origin === location.origin || config.d.some((domain) => isUnder(location.hostname, domain) && isUnder(hostname, domain))
const credentials = asked !== 'cookieless' && together ? 'include' : 'omit'

/** Not every answer is ours (a proxy's error page): then its status says enough. */
const heard = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  return {
    status: response.status,
    wait: Number(response.headers.get('Retry-After')),
    rotate: attempt(() => parse(text).rotate),
  }
}

const silence = (status: number): Answer => ({ status })

/**
 * Send one batch so that it outlives the page. Text, so that no preflight delays or loses it. Never rejects. Where a page
 * has broken `fetch`, a beacon: nothing is heard of it, so handed over counts as delivered.
 */
export const send = async (body: string): Promise<Answer> => {
  try {
    return await fetch(href, { method: 'POST', body, keepalive: true, credentials }).then(heard).catch(() => silence(0))
  } catch (_) {
    return silence(navigator.sendBeacon(href, body) ? 200 : 0)
  }
}
