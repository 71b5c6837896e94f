import { api } from './api'
import { config } from './config'
import * as here from './here'
import { identify } from './identify'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { listen } from './lib/listen'
import * as pageviews from './pageviews'
import * as queue from './queue'
import * as session from './session'
import type { Call } from './types'
import { version } from './version'
import * as visitor from './visitor'

type Installed = { [method: string]: unknown; q?: Call[]; v?: string }

/** The collector asks to leave an id behind: a new one, for the same user, who is told again, with the same token and actor. */
const rotate = (ids?: string[]) => {
  const { id, user } = visitor.read()
  if (!ids?.includes(id)) return
  const said = visitor.said
  visitor.rotate(user)
  if (user) identify([user, {}, said])
}

/** The page comes or goes, or another one of the same visitor has written something. */
const moved = ({ type, persisted }: PageTransitionEvent) => {
  session.check(persisted && type === 'pageshow')
  pageviews.look()
  if (type === 'pagehide') queue.leave()
  else queue.flush(document.hidden)
}

const start = () => {
  session.check()
  pageviews.watch()
  bus.on('rotate', rotate)
  listen(window, 'focus storage visibilitychange pageshow pagehide', moved)
}

/**
 * Still in the task that evaluates this file, but after it: at each touch of a cookie Chromium looks up where all functions on
 * the stack are in their text, and the evaluation is a function as long as the file. In the npm package, which knows its address,
 * at once: the app goes on in the same task, and its router may change the URL before that ends.
 */
const soon = async (act: () => void) => {
  config.u || (await 0)
  attempt(act)
}

/**
 * Put `window.passerby` in place, carry out what the loader has recorded, and start: at once, or when a prerendered page is
 * shown. Does nothing beside a copy that is already there.
 */
export const install = (...features: (() => void)[]): void => {
  const page = window as unknown as { passerby?: Installed }
  const found = page.passerby
  // An element with this id is a property of `window` too. What else a page may have under this name stays, with our calls added.
  const passerby: Installed = found && !(found as Partial<Node>).nodeType ? found : {}
  if (passerby.q && passerby.v) return
  const recorded = (passerby.q = passerby.q || [])
  const perform = ([name, args, place, time]: Call) => here.asOf(place, time, () => api[name]!(...args))
  let hand: (call: Call) => unknown = (call) => void recorded.push(call)

  Object.keys(api).forEach((name) => {
    passerby[name] = (...args: unknown[]) => hand([name, args, ...here.now()])
  })
  passerby.v = version
  page.passerby = passerby

  const go = () => {
    hand = perform
    attempt(start)
    recorded.forEach(perform)
    // A page may have kept the loader's own functions, which go on recording: carry those calls out as they come.
    recorded.push = perform as Call[]['push']
    features.forEach(attempt)
  }
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', go)
  else soon(go)
}
