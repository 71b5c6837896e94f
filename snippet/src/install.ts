import { api } from './api'
import { version } from './version'
import { halt } from './halt'
import * as here from './here'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { listen } from './lib/listen'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import { report } from './report'
import type { Call } from './types'
import * as visitor from './visitor'

type Installed = { [method: string]: unknown; q?: Call[]; v?: string }

/** The collector asks to leave an id behind: a new one, for the same user, who is told again. */
const rotate = (ids: string[]) => {
  const { anonymousId, userId } = visitor.read()
  if (!ids.includes(anonymousId)) return
  visitor.rotate(userId)
  if (userId) report('identify', { traits: {} })
}

/** Another tab or subdomain may have logged somebody in or out, or withdrawn consent. */
const wake = () => {
  if (!permission.refusal()) visitor.read()
  else if (queue.isStarted()) halt()
}

const start = () => {
  const refusal = permission.refusal()
  if (refusal === 'opted_out') visitor.forget()
  if (!refusal) queue.start()
  pageviews.start()
  bus.on('rotate', rotate)
  listen(window, 'focus storage', wake)
  listen(document, 'visibilitychange', () => {
    if (document.visibilityState === 'visible') return wake()
    pageviews.look()
    queue.flush(true)
  })
  listen(window, 'pagehide', () => {
    pageviews.look()
    queue.leave()
  })
  listen(window, 'pageshow', (event: PageTransitionEvent) => {
    wake()
    if (!event.persisted) return
    if (!permission.refusal()) queue.start()
    pageviews.count()
    bus.emit('route')
  })
}

/**
 * Put `window.passerby` in place, carry out what the loader has recorded, and start: at once, or when a prerendered page is
 * shown. Does nothing beside a copy that is already there.
 */
export const install = (extra?: () => void): void => {
  const page = window as unknown as { passerby?: Installed }
  const found = page.passerby
  if (found && found.v) return
  // An element with this id is a property of `window` too; only a loader has a queue.
  const loader = found && found.q ? found : { q: [] as Call[] }
  const recorded = loader.q!
  const passerby: Installed = loader
  let live = false

  const perform = ([name, args, place, time]: Call) => attempt(() => api[name]!(args, place, time))
  Object.keys(api).forEach((name) => {
    passerby[name] = (...args: unknown[]) =>
      live ? attempt(() => api[name]!(args)) : void recorded.push([name, args, here.place(), Date.now()])
  })
  passerby.v = version
  page.passerby = passerby

  const go = () => {
    live = true
    attempt(start)
    recorded.forEach(perform)
    // A page may have kept the loader's own functions, which go on recording: carry those calls out as they come.
    recorded.push = perform as Call[]['push']
    extra && attempt(extra)
  }
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', go, { once: true })
  else go()
}
