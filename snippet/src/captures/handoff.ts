import { cookieless } from '../asked'
import { config } from '../config'
import { isUnder } from '../lib/isUnder'
import { first, has, pick } from '../lib/list'
import { parse, stringify } from '../lib/natives'
import { listen } from '../lib/listen'
import * as permission from '../permission'
import { to } from '../transport'
import * as visitor from '../visitor'
import { urlOf } from './address'
import { LINK, hrefOf, lead } from './href'
import { QUIETLY } from './quietly'
import { within } from './within'

// Taking a visitor along to another domain of the same site: by a token in the link, which is there before it is needed.

const PARAMETER = 'passerby_handoff'
/** Milliseconds; the collector's limit is two minutes, of which loading the next page takes some. */
const LIFE = 60000

/** The last token asked for; its text is empty until the collector has answered, or when it does not. */
let held: { id: string; at: number; token: string } | undefined

const domainsOf = (host: string) => pick(config.d, (domain) => (isUnder(host, domain) ? domain : undefined))

/** The link of an event, when it leads from one of the site's domains to another one, where this one's cookie does not reach. */
const crossing = (event: Event): Element | undefined => {
  const link = within(event, LINK)
  const to = link && urlOf(hrefOf(link))
  const here = domainsOf(location.hostname)
  const there = to && /^http/.test(to.protocol) ? domainsOf(to.hostname) : []
  return here[0] && there[0] && !first(there, (domain) => has(here, domain)) ? link : undefined
}

/** Whose id may be handed over; '' when nobody's. Who is logged in is known there by logging in. */
const visitorHere = () => (cookieless || permission.refusal() || visitor.read().user ? '' : visitor.read().id)

const isFor = (id: string) => !!held && held.id === id && +new Date() - held.at < LIFE

/** Somebody seems about to follow a link: ask for a token, at most once in its life whatever is answered. */
const prepare = (event: Event) => {
  const id = crossing(event) && visitorHere()
  if (!id || isFor(id)) return
  const asked = (held = { id, at: +new Date(), token: '' })
  const body = stringify({ anonymousId: id, writeKey: config.k })
  // Text, so that no preflight makes it late. To a string: pages that wrap `fetch` expect one.
  fetch(to.replace(/batch$/, 'handoff'), { __proto__: null, body, credentials: 'omit', method: 'POST', redirect: 'manual' } as RequestInit)
    .then((answer) => answer.text())
    .then((text) => (asked.token = parse(text).token))
    .catch(() => {})
}

/** The link is being followed: put the token in for as long as the browser needs to read the address. */
const decorate = (event: MouseEvent) => {
  const link = event.button < 2 && !event.defaultPrevented && crossing(event)
  if (!link || !held || !held.token || !isFor(visitorHere())) return
  const plain = hrefOf(link)
  const to = urlOf(plain)!
  to.search = (to.search && to.search + '&') + PARAMETER + '=' + held.token
  const decorated = to.href
  lead(link, decorated)
  held = undefined
  setTimeout(() => hrefOf(link) === decorated && lead(link, plain), 0)
}

/** Hand visitors over by links. The click is looked at last, so that no other listener sees the token. */
export const handoff = (): void => {
  if (!config.j) return
  listen(window, 'pointerover pointerdown focusin keydown', prepare, QUIETLY)
  listen(window, 'click auxclick', decorate)
}
