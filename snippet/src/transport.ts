import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import { isUnder } from './lib/isUnder'
import { parse } from './lib/json'
import type { Answer } from './types'

const script = document.currentScript as HTMLScriptElement | null

/** Batches go to `v1/batch` in the ingest directory: where the configuration says, else beside the script. */
export const href = (config.u || script?.src || location.origin + '/').replace(/[^/]*([?#].*)?$/, 'v1/batch')

/** May the collector set its cookie? On the page's own host, or another of the site's own; never for a visitor who asks for none. */
const together = config.d.some((domain) => isUnder(location.hostname, domain) && isUnder(href.split('/')[2]!.split(':')[0]!, domain))
const credentials = cookieless ? 'omit' : together ? 'include' : 'same-origin'

/** Not every answer is ours (a proxy's error page): then its status says enough. `Retry-After` is in seconds, or a date. */
const heard = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const after: any = response.headers.get('Retry-After')
  return [response.status, after * 1000 || Date.parse(after) - Date.now(), attempt(() => parse(text).rotate)]
}

/**
 * Send one batch, with `keepalive` so that it outlives the page. Text, so that no preflight delays or loses it. Never rejects.
 * Where a page has broken `fetch`, a beacon: nothing is heard of it, so handed over counts as delivered. A beacon takes
 * cookies along, so a visitor who asks for none sends none.
 */
export const send = async (body: string, keepalive: boolean): Promise<Answer> =>
  (await attempt(() => fetch(href, { body, credentials, keepalive, method: 'POST' }).then(heard).catch(() => [0] as Answer))) || [
    !cookieless && attempt(() => navigator.sendBeacon(href, body)) ? 200 : 0,
  ]
