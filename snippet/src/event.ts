import * as here from './here'
import { attempt } from './lib/attempt'
import { browser } from './lib/browser'
import { uuid7 } from './lib/uuid7'
import { lost } from './lost'
import { plainUrl } from './plainUrl'
import type { EventType, WireEvent } from './types'
import { version } from './version'
import * as visitor from './visitor'

/** One event, stamped with who and where this is now; `fields` are those of its kind. */
export const event = (type: EventType, fields: Record<string, unknown>): WireEvent => {
  const { id: anonymousId, user } = visitor.read()
  const [place, time] = here.now()
  const url = plainUrl(place.url)
  const { pathname: path, search } = attempt(() => new URL(url)) || location
  const page = { ...place, path, search, url }
  const canonical = place.canonical || attempt(() => document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href)
  return {
    type,
    messageId: uuid7(),
    timestamp: new Date(time).toISOString(),
    anonymousId,
    userId: user || undefined,
    ...fields,
    properties: type === 'page' ? { ...page, ...(fields.properties as object) } : fields.properties,
    context: {
      anonymousIds: type === 'identify' ? visitor.known() : undefined,
      page: { ...page, canonical: canonical === url ? undefined : canonical },
      locale: browser('language'),
      library: { name: 'passerby.js', version },
      storage: visitor.isPersistent() ? undefined : 'memory',
      dropped: lost.splice(0).length || undefined,
      actor: visitor.said.actor,
      groupId: visitor.said.groupId,
    },
  }
}
