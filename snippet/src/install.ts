import { api } from './api'
import { config } from './config'
import * as here from './here'
import { identify } from './identify'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { each, has, pick } from './lib/list'
import { listen } from './lib/listen'
import { apply, define, isArray, keys, owns } from './lib/natives'
import { genuine } from './lib/genuine'
import { ofWindow } from './lib/ofWindow'
import { sayable } from './lib/sayable'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import * as session from './session'
import { tag, to } from './transport'
import type { Call, Part } from './types'
import { version } from './version'
import * as visitor from './visitor'

type Installed = { [method: string]: unknown; q?: Call[]; v?: string }

/** The collector asks to leave an id behind: a new one, for the same user, who is told again, with the same token and actor. */
const rotate = (ids?: string[]) => {
  const { id, user } = visitor.read()
  if (!ids || !has(ids, id)) return
  const said = visitor.said
  visitor.rotate(user)
  if (user) identify([user, {}, said])
}

/** The page comes or goes, or another one of the same visitor has written something. */
const moved = ({ type, persisted }: PageTransitionEvent) => {
  const hidden = genuine(document, 'hidden')
  session.check(persisted && type === 'pageshow')
  pageviews.look()
  if (hidden || type === 'pagehide') pageviews.release()
  if (type === 'pagehide') queue.leave()
  else queue.flush(hidden)
}

const start = () => {
  attempt(pageviews.watch)
  session.check()
  bus.on('rotate', rotate)
  listen(window, 'focus storage visibilitychange pageshow pagehide', moved)
}

/**
 * Still in the task that evaluates this file, but after it: at each touch of a cookie Chromium looks up where all functions on
 * the stack are in their text, and the evaluation is a function as long as the file. In the npm package, which knows its address,
 * at once: the app goes on in the same task, and its router may change the URL before that ends.
 */
const soon = async (act: () => void) => {
  config.n || (await 0)
  attempt(act)
}

/** Where there is no collector to send to, somebody has to be told: in the browser's console, once, and by `debug()`. */
const homeless = () => {
  refuse('no_address')
  console.error('Passerby does not know its collector: no_address. Give the site a base URL, or load the script by its own tag.')
}

/** The last answer about consent counts, and a denial counts before anything happens. */
const answered = (recorded: Call[]) => {
  const answers = pick(recorded, (call) => (call[0] === 'consent' ? call : undefined))
  if (has(pick(answers, (call) => call[1][0]), 'denied')) permission.remember('denied')
  return answers[answers.length - 1]
}

/**
 * Put `window.passerby` in place, carry out what has been recorded, and start: at once, or when a prerendered page is
 * shown. Does nothing beside a copy that is already there. `features` then start with what the core shares with them.
 */
export const install = (shared?: unknown, ...features: Part[]): void => {
  const page: object = window
  // Not what only shows there: an element with this id, a frame of this name. What a page has under this name stays.
  const found = ofWindow('passerby')
  const passerby: Installed = Object(found) === found ? found : {}
  if (owns(passerby, 'v') && isArray(passerby.q)) return
  const recorded: Call[] = owns(passerby, 'q') && isArray(passerby.q) ? passerby.q : []
  define(passerby, 'q', recorded)
  const perform = (call: Call) => here.asOf(call[2], call[3], () => apply(api[call[0]]!, null, call[1]))
  let hand: (call: Call) => unknown = (call) => void (recorded[recorded.length] = [call[0], sayable(call[1]), call[2], call[3]])

  each(keys(api), (name) => {
    define(passerby, name, (...args: unknown[]) => {
      const now = here.now()
      return hand([name, args, now[0], now[1]])
    })
  })
  define(passerby, 'v', version)
  define(page, 'passerby', passerby)

  const go = () => {
    const last = answered(recorded)
    hand = perform
    attempt(start)
    each(recorded, (call) => (call[0] !== 'consent' || call === last) && perform(call))
    // A page may have kept the functions that record, which go on: carry those calls out as they come.
    recorded.push = perform as Call[]['push']
    each(features, (feature) => attempt(() => feature(shared)))
    if (!to) attempt(homeless)
  }
  pageviews.land(tag ? (found ? 2 : 1) : 0)
  if (owns(Document.prototype, 'prerendering') && genuine(document, 'prerendering')) listen(document, 'prerenderingchange', go)
  else soon(go)
}
