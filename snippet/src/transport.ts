import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import { isUnder } from './lib/isUnder'
import { first } from './lib/list'
import { exec, now, parse, split } from './lib/natives'
import { genuine } from './lib/genuine'
import type { Answer } from './types'

/** The address of the script element that runs, if one does: as the browser says, not an element of this name. */
export const tag: string = attempt(() => genuine(document, 'currentScript')?.src) || ''

/**
 * Batches go to `v1/batch` in the ingest directory: where the configuration says; where it says nothing, beside the script.
 * '' when neither is a web address. A request's address may have no user's name and password in it.
 */
const found = exec(/^(https?:\/\/)(?:[^/?#]*@)?([^/?#]*)([^?#]*\/)/, config.u || (config.n ? '' : tag))
const host = found ? split(found[2]!, ':')[0]! : ''
export const to = found ? found[1]! + found[2] + found[3] + 'v1/batch' : ''

/** May the collector set its cookie? On the page's own host, or another of the site's own; never for a visitor who asks for none. */
const together = first(config.d, (domain) => isUnder(location.hostname, domain) && isUnder(host, domain))
const credentials = cookieless ? 'omit' : together ? 'include' : 'same-origin'

/** The collector's own errors after which the same batch would be refused again. */
const FINAL = /^(400 (bad_(body|gzip|request)|conflicting_keys)|401 (missing|unknown)_key|403 origin_refused|413 too_large)$/

/**
 * What an answer says about `count` events. Only the collector's own ends them: a proxy, a service worker or a captive portal
 * answers with any status. `Retry-After` is in seconds, or a date.
 */
const heard = async (response: Response, count: number): Promise<Answer> => {
  const { status, headers } = response
  const text = await response.text()
  let said: any = { __proto__: null }
  try {
    said = { __proto__: null, ...parse(text) }
  } catch {}
  const after: any = headers.get('Retry-After')
  const { code } = said
  // A proxy's own may be meant for other clients than ours.
  const longest = typeof code === 'string' ? 3600000 : 60000
  const asked: any = after && (after * 1000 || attempt(() => Date.parse(after)! - now()))
  const isStored = status === 200 && said.success === true && said.stored + said.duplicate + said.quarantined.length === count
  return {
    // A redirect, which is not followed, has none.
    status: status || 300,
    end: isStored || !!(typeof code === 'string' && exec(FINAL, status + ' ' + code)),
    wait: asked > longest ? longest : asked,
    rotate: isStored && said.rotate,
    detail: said.quarantined || code || headers.get('Content-Type'),
  }
}

/**
 * Send one batch of `count` events, with `keepalive` so that it outlives the page. Text, so that no preflight delays or loses it;
 * not where a redirect leads, which may be anywhere. Never rejects.
 * Where a page has broken `fetch`, a beacon: nothing is heard of it, so handed over counts as delivered. A beacon takes
 * cookies along, so a visitor who asks for none sends none.
 */
export const send = async (body: string, keepalive: boolean, count: number): Promise<Answer> => {
  const going = attempt(() => fetch(to, { __proto__: null, body, credentials, keepalive, method: 'POST', redirect: 'manual' } as RequestInit))
  if (!going) return !cookieless && attempt(() => navigator.sendBeacon(to, body)) ? { status: 200, end: true } : ({ __proto__: null, status: 0 } as Answer)
  try {
    return await heard(await going, count)
  } catch (error) {
    return { __proto__: null, status: 0, detail: '' + error } as Answer
  }
}
