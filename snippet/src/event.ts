import * as here from './here'
import { attempt } from './lib/attempt'
import { browser } from './lib/browser'
import { exec, iso } from './lib/natives'
import { genuine } from './lib/genuine'
import { altered } from './lib/sayable'
import { shortUrl } from './lib/shortUrl'
import { uuid7 } from './lib/uuid7'
import * as lost from './lost'
import { plainUrl } from './plainUrl'
import type { EventType, WireEvent } from './types'
import { version } from './version'
import * as visitor from './visitor'

/** The address that the page itself gives for what it shows, as of the last page view: looking for it is slow on a long page. */
let canonical: string | undefined

/** One event, stamped with who and where this is now; `fields` are those of its kind. */
export const event = (type: EventType, fields: Record<string, any>): WireEvent => {
  const { id: anonymousId, user } = visitor.read()
  const now = here.now()
  const place = now[0]
  const url = shortUrl(plainUrl(place.url))
  const isPage = type === 'page'
  if (isPage) canonical = attempt(() => genuine(document, 'querySelector', 'link[rel=canonical]')?.href)
  const path = exec(/^\w+:\/\/[^/?#]*([^?#]*)/, url)?.[1]
  const page = { path, url, title: place.title, referrer: shortUrl(place.referrer || '') }
  const told = place.canonical || canonical
  return {
    type,
    messageId: uuid7(),
    timestamp: iso(now[1]),
    anonymousId,
    userId: user || undefined,
    ...fields,
    properties: isPage ? { ...page, ...fields.properties } : fields.properties,
    context: {
      anonymousIds: type === 'identify' ? visitor.known() : undefined,
      // An address is sent once: that of a page view is among its properties.
      page: { ...(isPage ? { path } : page), canonical: told && told !== url ? shortUrl(told) : undefined, landing: place.landing && shortUrl(place.landing) },
      locale: browser('language'),
      library: { name: 'passerby.js', version },
      storage: visitor.isPersistent() ? undefined : 'memory',
      dropped: lost.take(),
      actor: visitor.said.actor,
      groupId: visitor.said.groupId,
      altered: altered() || undefined,
    },
  }
}
