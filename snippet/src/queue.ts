import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { browser } from './lib/browser'
import { byteLength } from './lib/byteLength'
import { parse, stringify } from './lib/json'
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
/** Bytes of the events of one body, and of all that are under way: a browser refuses keepalive beyond 64 KiB. */
const BODY = 59700
const UNDER_WAY = 64000
/** A page that has not touched its leftovers for so long (ms) is taken for dead. It touches them at least every `LONGEST_WAIT`. */
const ORPHANED = 90000
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
let atMost = Infinity
let notBefore = 0
let gone = false
let stored = false
/** When the next look is due; every look forgets it, because its timer may have fired a moment early. */
let due = Infinity

/** First line: when this page last lived, or 0 once it has gone; then one event a line. */
const persist = () => {
  // One that was to tell of others takes their number along.
  while (byteLength(waiting.join()) > BOUND) lost.length += 1 + (parse(waiting.shift()!).context.dropped || 0)
  stored = !cookieless && storage.set(OWN, waiting[0] ? [gone ? 0 : Date.now(), ...waiting].join('\n') : '')
}

/** A timer too many only looks once more. */
const schedule = (delay: number) => {
  const now = Date.now()
  const at = Math.max(now + delay, notBefore)
  if (due <= at) return
  due = at
  // A page that waits for longer shows now and then that it lives.
  setTimeout(() => attempt(flush), Math.min(at - now, LONGEST_WAIT))
}

/** Try nothing for so long (ms), except on leaving. */
const pause = (time: number) => {
  notBefore = Date.now() + time
  trace.add('waiting', time)
}

const without = (list: string[], some: string[]) => list.filter((text) => !some.includes(text))

/** As they go over the wire, joined. */
const whole = (some: string[]) => some.map((text) => proven[text] || text).join()

const nextBatch = () => {
  let room = Math.min(BODY, UNDER_WAY - byteLength(whole(underWay)))
  return without(waiting, underWay).filter((text, i) => i < atMost && (room -= byteLength(whole([text])) + 1) > 0)
}

const settle = (batch: string[], [status, wait, rotate]: Answer) => {
  trace.add('answer', [status, batch.length])
  underWay = without(underWay, batch)
  // Too late: what this answer may have set goes as well.
  if (permission.refusal()) return visitor.forget()
  if (status === 413 && batch[1]) {
    atMost = batch.length / 2
  } else if ([200, 400, 401, 403, 413].includes(status)) {
    waiting = without(waiting, batch)
    failures = notBefore = 0
    if (status === 200) {
      atMost = Infinity
      bus.emit('sent', batch.length)
      bus.emit('rotate', rotate)
    } else refuse('http_' + status, batch.length)
  } else {
    const backOff = Math.min(LONGEST_WAIT, 1000 * 2 ** failures++) * (0.5 + Math.random() / 2)
    pause(Math.max(backOff, wait || 0))
  }
  persist()
  schedule(0)
}

/** A browser refuses `keepalive` while the page has too much under way; what has failed does without, while the page stays. */
const launch = async (batch: string[], leaving?: boolean) => {
  const body = `{"batch":[${whole(batch)}],"sentAt":"${new Date().toISOString()}","writeKey":${stringify(config.k)}}`
  underWay = underWay.concat(batch)
  settle(batch, await send(body, leaving || !failures))
}

/** Take over what pages that have gone could not deliver; lines that are no events are skipped. */
const adopt = () => {
  storage.keys(PREFIX).forEach((key) => {
    const [stamp, ...lines] = storage.get(key).split('\n')
    if (key !== OWN && Math.abs(Date.now() - Number(stamp)) < ORPHANED) return
    storage.set(key, '')
    waiting = lines.filter((line) => !waiting.includes(line) && attempt(() => parse(line).messageId)).concat(waiting)
  })
  persist()
  schedule(0)
}

/** Queue an event; what happens within `delay` ms travels together. `token` goes along when it is sent from this page. */
export const add = (text: string, delay: number, token?: unknown): void => {
  // The context is the event's last member. A signed token looks the same encoded; anything else cannot break the JSON.
  if (token) proven[text] = text.slice(0, -2) + `,"token":"${encodeURI(token as string)}"}}`
  waiting.push(text)
  persist()
  schedule(delay)
}

/** Send what waits: one request at a time, or, when the page is going, as much as the browser carries. */
export const flush = (leaving?: boolean): void => {
  due = Infinity
  if (permission.refusal()) return clear()
  if (waiting[0]) visitor.read()
  const batch = nextBatch()
  if (!batch[0] || (!leaving && underWay[0])) return
  const offline = browser('onLine') === false
  if (offline) pause(LONGEST_WAIT)
  if (offline || (!leaving && Date.now() < notBefore)) {
    persist()
    return schedule(0)
  }
  launch(batch, leaving)
  flush(leaving)
}

/**
 * Begin to send, also what earlier pages left; one page at a time looks for it. Also after a return from the
 * back-forward cache, where another page may have taken what this one left.
 */
export const start = (): void => {
  if (gone && stored) waiting = []
  gone = false
  if (!cookieless) attempt(() => navigator.locks.request(PREFIX, { ifAvailable: true }, (lock) => lock && adopt()).catch(adopt)) || adopt()
}

/** Nothing of it may be sent any longer. */
export const clear = (): void => {
  waiting = []
  persist()
}

/** The page goes: send, and leave to the next one what nobody has confirmed. */
export const leave = (): void => {
  gone = true
  flush(true)
  persist()
}

export const length = (): number => waiting.length

listen(window, 'online', () => {
  notBefore = 0
  flush()
})
