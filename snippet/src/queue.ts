import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { byteLength } from './lib/byteLength'
import { parse, stringify } from './lib/json'
import { listen } from './lib/listen'
import * as storage from './lib/storage'
import * as trace from './lib/trace'
import { uuid7 } from './lib/uuid7'
import * as lost from './lost'
import * as permission from './permission'
import { refuse } from './refuse'
import { send } from './transport'
import type { Answer } from './types'
import * as visitor from './visitor'

// Events on their way: queued first, sent second, removed when the collector has said that they are stored.

/** Characters of the whole queue; beyond, the oldest go. */
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
let bytesUnderWay = 0
/** Event as it is stored -> as it is sent: a token is in memory only. */
const proven: Record<string, string> = {}
let failures = 0
let atMost = Infinity
let notBefore = 0
let started = false
let gone = false
let stored = false
/** When the next look is due; every look forgets it, because its timer may have fired a moment early. */
let due = Infinity

/** First line: when this page last lived, or 0 once it has gone; then one event a line. */
const persist = () => {
  stored = !cookieless && storage.set(OWN, waiting[0] ? [gone ? 0 : Date.now(), ...waiting].join('\n') : '')
}

const bound = () => {
  // One that was to tell of others takes their number along.
  while (waiting.join().length > BOUND) lost.add(1 + (parse(waiting.shift()!).context.dropped || 0))
  persist()
}

/** A timer too many only looks once more. */
const schedule = (delay: number) => {
  const now = Date.now()
  const at = Math.max(now + delay, notBefore)
  if (due <= at) return
  due = at
  setTimeout(attempt, at - now, flush)
}

const without = (list: string[], some: string[]) => list.filter((text) => !some.includes(text))

const whole = (text: string) => proven[text] || text

const nextBatch = () => {
  let room = Math.min(BODY, UNDER_WAY - bytesUnderWay)
  return without(waiting, underWay).filter((text, i) => i < atMost && (room -= byteLength(whole(text)) + 1) > 0)
}

const settle = (batch: string[], [status, wait, rotate]: Answer) => {
  const final = [200, 400, 401, 403, 413].includes(status)
  trace.add('answer', [status, batch.length])
  underWay = without(underWay, batch)
  if (status === 413 && batch[1]) {
    atMost = batch.length / 2
  } else if (final) {
    waiting = without(waiting, batch)
    failures = notBefore = 0
    if (status === 200) {
      atMost = Infinity
      bus.emit('sent', batch.length)
      bus.emit('rotate', rotate)
    } else refuse('http_' + status, batch.length)
  } else {
    const backOff = Math.min(LONGEST_WAIT, 1000 * 2 ** failures++) * (0.5 + Math.random() / 2)
    notBefore = Date.now() + Math.max(backOff, wait! * 1000 || 0)
  }
  persist()
  if (waiting[0]) schedule(0)
}

const launch = async (batch: string[]) => {
  const body = `{"batch":[${batch.map(whole)}],"sentAt":"${new Date().toISOString()}","writeKey":${stringify(config.k)}}`
  const bytes = byteLength(body)
  underWay = underWay.concat(batch)
  bytesUnderWay += bytes
  const answer = await send(body)
  bytesUnderWay -= bytes
  settle(batch, answer)
}

/** Take over what pages that have gone could not deliver; lines that are no events are skipped. */
const adopt = () => {
  storage.keys(PREFIX).forEach((key) => {
    const [stamp, ...lines] = storage.get(key).split('\n')
    if (key !== OWN && Math.abs(Date.now() - Number(stamp)) < ORPHANED) return
    storage.set(key, '')
    waiting = lines.filter((line) => !waiting.includes(line) && attempt(() => parse(line).messageId)).concat(waiting)
  })
  bound()
}

const begin = () => {
  started = true
  flush()
}

/** Queue an event; what happens within `delay` ms travels together. `token` goes along when it is sent from this page. */
export const add = (text: string, delay: number, token?: unknown): void => {
  // The context is the event's last member. A signed token looks the same encoded; anything else cannot break the JSON.
  if (token) proven[text] = text.slice(0, -2) + `,"token":"${encodeURI(token as string)}"}}`
  waiting.push(text)
  bound()
  schedule(delay)
}

/** Send what waits: one request at a time, or, when the page is going, as much as the browser carries. */
export const flush = (leaving?: boolean): void => {
  due = Infinity
  if (permission.refusal()) return clear()
  if (waiting[0]) visitor.read()
  while (leaving || (started && !underWay[0])) {
    const batch = nextBatch()
    if (!batch[0]) return
    if (!leaving && Date.now() < notBefore) return schedule(0)
    launch(batch)
  }
}

/**
 * Begin to send, first what earlier pages left; one page at a time looks for it. Also after a return from the
 * back-forward cache, where another page may have taken what this one left.
 */
export const start = (): void => {
  if (gone && stored) waiting = []
  gone = false
  if (cookieless) begin()
  else if (navigator.locks) navigator.locks.request(PREFIX, { ifAvailable: true }, (lock) => lock && adopt()).then(begin, begin)
  else {
    adopt()
    begin()
  }
}

/** Nothing of it may be sent any longer. */
const clear = () => {
  if (!waiting[0]) return
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
