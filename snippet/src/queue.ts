import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { browser } from './lib/browser'
import { byteLength } from './lib/byteLength'
import { parse } from './lib/json'
import { listen } from './lib/listen'
import * as storage from './lib/storage'
import * as trace from './lib/trace'
import { uuid7 } from './lib/uuid7'
import { lost } from './lost'
import * as permission from './permission'
import { refuse } from './refuse'
import { send } from './transport'
import type { Answer } from './types'
import * as visitor from './visitor'

// Events on their way: queued first, sent second, removed when the collector has said that they are stored.

/** Bytes of the whole queue; beyond, the oldest go. */
const BOUND = 262144
/** Bytes of all events that are under way, in one body or in several: a browser refuses keepalive beyond 64 KiB. */
const BODY = 59700
const LONGEST_WAIT = 60000

/** Each page keeps its own leftovers under its own key, so that no two pages ever write the same one. */
const PREFIX = config.c + '_q'
const OWN = PREFIX + uuid7()

/** Events as the text that goes over the wire: frozen at the moment they were made. */
let waiting: string[] = []
let underWay: string[] = []
/** Event as it is stored -> as it is sent: a token is in memory only. */
const proven: Record<string, string> = {}
let failures = 0
/** Nothing is tried earlier, except on leaving. */
let notBefore = 0
/** Lets go of the lock that keeps others from adopting: held only while there is trouble, as Firefox keeps no such page for a return. */
let release: any
let gone = false
/** The next look. */
let timer: any

/** One event a line. */
const persist = () => {
  // One that was to tell of others takes their number along.
  while (byteLength(waiting.join()) > BOUND) lost.length += 1 + (parse(waiting.shift()!).context.dropped || 0)
  if (!cookieless) storage.set(OWN, waiting.join('\n'))
}

/** At most one look is under way; where it finds that it came too early, it asks for another. */
const schedule = (delay: number) => {
  timer ||= setTimeout(() => attempt(look), Math.min(Math.max(delay, notBefore - Date.now()), LONGEST_WAIT))
}

const without = (list: string[], some: string[]) => list.filter((text) => !some.includes(text))

/** As they go over the wire, joined. */
const whole = (some: string[]) => some.map((text) => proven[text] || text).join()

const nextBatch = () => {
  let room = BODY - byteLength(whole(underWay))
  return without(waiting, underWay).filter((text) => (room -= byteLength(whole([text])) + 1) > 0)
}

/** Act when nobody holds the lock of a key; the browser lets go of it however a page ends. */
const locked = (key: string, act: () => unknown) =>
  attempt(() => navigator.locks.request(key, { ifAvailable: true }, (lock) => lock && act()).catch(act)) || act()

/** Take over what a page has left; lines that are no events are skipped. */
const adopt = (key: string) => {
  const lines = storage.get(key).split('\n')
  storage.set(key, '')
  waiting = [...new Set(lines.concat(waiting))].filter((line) => attempt(() => parse(line).messageId))
  persist()
  schedule(0)
}

const settle = (batch: string[], [status, wait, rotate]: Answer) => {
  trace.add('answer', [status, batch.length])
  underWay = without(underWay, batch)
  // Too late: what this answer may have set goes as well.
  if (permission.refusal()) return visitor.forget()
  if ([200, 400, 401, 403, 413].includes(status)) {
    waiting = without(waiting, batch)
    failures = notBefore = timer = 0
    release = release?.()
    if (status === 200) {
      bus.emit('sent', batch.length)
      bus.emit('rotate', rotate)
    } else refuse('http_' + status, batch.length)
  } else {
    const backOff = Math.min(LONGEST_WAIT, 1000 * 2 ** failures++) * (1 - Math.random() / 2)
    const time = Math.max(backOff, wait || 0)
    notBefore = Date.now() + time
    trace.add('waiting', time)
    locked(OWN, () => gone || new Promise((done) => (release = done)))
  }
  persist()
  schedule(0)
}

/** A browser refuses `keepalive` while the page has too much under way; what has failed does without, while the page stays. */
const launch = async (batch: string[], leaving?: boolean) => {
  const body = `{"batch":[${whole(batch)}],"sentAt":"${new Date().toISOString()}","writeKey":"${config.k}"}`
  underWay = underWay.concat(batch)
  settle(batch, await send(body, leaving || !failures))
}

/** Queue an event; what happens within `delay` ms travels together. `token` goes along when it is sent from this page. */
export const add = (text: string, delay: number, token?: unknown): void => {
  // The context is the event's last member. A signed token looks the same encoded; anything else cannot break the JSON.
  if (token) proven[text] = text.slice(0, -2) + `,"token":"${encodeURI(token as string)}"}}`
  waiting.push(text)
  // In this very task, which is what makes it early; a page that is left before it is written down says so.
  if (delay) schedule(delay)
  else flush()
  persist()
}

/** Time has passed: somebody may have withdrawn. What fires is no timer any longer, whatever it finds: `flush` says so. */
const look = () => {
  if (permission.refusal()) clear()
  flush()
}

/** Send what waits: one request at a time, or, when the page is going, as much as the browser carries. */
export const flush = (leaving?: boolean): void => {
  timer = clearTimeout(timer)
  const batch = nextBatch()
  if (!batch[0] || browser('onLine') === false || (!leaving && underWay[0])) return
  if (!leaving && Date.now() < notBefore) return schedule(0)
  launch(batch, leaving)
  flush(leaving)
}

/**
 * Begin to send, and a task later also what earlier pages left. After a return from the back-forward cache, what was under
 * way before may never be answered: it is sent again, and counted once.
 */
export const start = (): void => {
  gone = false
  underWay = []
  if (!cookieless) setTimeout(() => storage.keys(PREFIX).forEach((key) => locked(key, () => adopt(key))))
}

/** Nothing of it may be sent any longer. */
export const clear = (): void => {
  waiting = []
  persist()
}

/** The page goes: send, and leave to the next one what nobody has confirmed. */
export const leave = (): void => {
  gone = true
  release = release?.()
  flush(true)
}

export const length = (): number => waiting.length

listen(window, 'online', () => {
  notBefore = 0
  look()
})
