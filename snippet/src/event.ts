import * as here from './here'
import { campaignOf } from './lib/campaignOf'
import { uuid7 } from './lib/uuid7'
import * as lost from './lost'
import { plainUrl } from './plainUrl'
import type { EventType, WireEvent } from './types'
import { version } from './version'
import * as visitor from './visitor'

/** One event, stamped with who and where this is now; `fields` are those of its kind. */
export const event = (type: EventType, fields: Record<string, unknown>): WireEvent => {
  const { id: anonymousId, user } = visitor.read()
  const place = here.place()
  const { href: url, pathname: path, search } = new URL(plainUrl(place.url))
  const page = { path, referrer: place.referrer, search, title: '' + place.title, url }
  const canonical = place.canonical || document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href
  return {
    type,
    messageId: uuid7(),
    timestamp: new Date(here.time()).toISOString(),
    anonymousId,
    userId: user || undefined,
    ...fields,
    properties: type === 'page' ? { ...page, ...(fields.properties as object) } : fields.properties,
    context: {
      anonymousIds: type === 'identify' ? visitor.known() : undefined,
      page: { ...page, canonical: canonical === url ? undefined : canonical },
      campaign: campaignOf(search),
      locale: navigator.language,
      library: { name: 'passerby.js', version },
      storage: visitor.isPersistent() ? undefined : 'memory',
      dropped: lost.take() || undefined,
      actor: visitor.said.actor,
    },
  }
}
