import { cookieless } from './asked'
import { config } from './config'
import { attempt } from './lib/attempt'
import { browser } from './lib/browser'
import * as bus from './lib/bus'
import { byteLength } from './lib/byteLength'
import { chance } from './lib/chance'
import { clock } from './lib/clock'
import { each, first, pick } from './lib/list'
import { listen } from './lib/listen'
import { iso, now, parse, slice, split } from './lib/natives'
import * as storage from './lib/storage'
import * as trace from './lib/trace'
import { uuid7 } from './lib/uuid7'
import * as lost from './lost'
import * as permission from './permission'
import { refuse } from './refuse'
import { send, to } from './transport'
import type { Answer } from './types'
import * as visitor from './visitor'

// Events on their way: queued first, sent second, removed when the collector has said that they are stored.

/** Characters of the whole queue; beyond, the oldest go. */
const BOUND = 4194304
/** Characters that are kept for a later page: the page has things of its own to store. */
const KEPT = 1048576
/** Bytes of all events that are under way, in one body or in several: a browser refuses keepalive beyond 64 KiB. */
const BODY = 59700
const LONGEST_WAIT = 60000
/** Milliseconds that wait because a browser says that it is offline: some say so for ever, so it is asked, and not believed. */
const OFFLINE = 5000

/** Each page keeps its own leftovers under its own key, so that no two pages ever write the same one. */
const PREFIX = config.c + '_q'
const OWN = PREFIX + uuid7()

interface Entry {
  /** The event as it is stored, frozen at the moment it was made. */
  text: string
  /** As it goes over the wire: a token is in memory only. */
  wire: string
  bytes: number
  state: number
  /** Suspect: a batch with this one in it was refused on the way. Tried apart, when nothing else waits. */
  suspect: boolean
}
const HERE = 0
const AWAY = 1
const GONE = 2

let waiting: Entry[] = []
/** Bytes under way. */
let under = 0
let failures = 0
/** Nothing is tried earlier, except on leaving; on a clock that nobody sets. */
let notBefore = 0
/** The same for those that are tried apart. */
let retries = 0
/** So many of them are tried at once: twice as many after each success. */
let group = 1
let retryAt = 0
/** The end of this task writes the queue down. */
let dirty: unknown
/** Lets go of the lock that keeps others from adopting: held only while there is trouble, as Firefox keeps no such page for a return. */
let release: any
let gone = false
/** The next look, and when it is. */
let timer: any
let dueAt = 0

const push = (text: string, wire = text) => (waiting[waiting.length] = { text, wire, bytes: byteLength(wire) + 1, state: HERE, suspect: false })

/** One event a line, the oldest first; a last line says how many found no room. */
const write = () => {
  let used = 0
  let left = 0
  let lines = ''
  for (let index = waiting.length; index--; ) {
    const one = waiting[index]!
    if (one.state === GONE) continue
    used += one.text.length + 1
    if (used < KEPT) lines = one.text + (lines && '\n') + lines
    else left++
    if (used > BOUND && one.state === HERE) {
      one.state = GONE
      left--
      // One that was to tell of others takes their number along.
      lost.add(1 + (parse(one.text).context.dropped || 0))
    }
  }
  waiting = pick(waiting, (one) => (one.state === GONE ? undefined : one))
  if (!cookieless) storage.set(OWN, left ? lines + '\n' + left : lines)
}

/** At the end of the task, once, whatever has changed in it. */
const persist = async () => {
  if (dirty) return
  dirty = true
  await 0
  dirty = attempt(write)
}

const stop = () => {
  clearTimeout(timer)
  timer = 0
}

/** At most one look is under way; where it finds that it came too early, it asks for another. */
const schedule = (delay: number) => {
  const due = clock() + delay
  if (timer && due >= dueAt) return
  stop()
  dueAt = due
  timer = setTimeout(() => attempt(look), delay > LONGEST_WAIT ? LONGEST_WAIT : delay)
}

/** As many as find room, without suspects; some of those, when nothing else waits; all that find room when the page is going. */
const nextBatch = (leaving?: boolean): Entry[] => {
  const fresh = first(waiting, (one) => !one.state && !one.suspect)
  let room = BODY - under
  let some = under
  return pick(waiting, (one) => {
    if (one.state || (!leaving && one.suspect && (fresh || some >= group)) || ((room -= one.bytes) < 0 && some)) return
    some++
    return one
  })
}

/** Act when nobody holds the lock of a key; the browser lets go of it however a page ends. */
const locked = (key: string, act: () => unknown) => {
  const locks: LockManager | undefined = browser('locks')
  attempt(() => locks && locks.request(key, { __proto__: null, ifAvailable: true } as LockOptions, (lock) => lock && act()).catch(act)) || act()
}

/** Take over what a page has left; lines that are no events are skipped. */
const adopt = (key: string) => {
  const lines = split(storage.get(key), '\n')
  storage.set(key, '')
  each(lines, (line) => {
    try {
      const left = parse(line)
      if (left > 0) lost.add(left)
      else if (left.messageId) push(line)
    } catch {}
  })
  persist()
  schedule(0)
}

/** Take over what pages that have gone have left. */
const inherit = () => cookieless || each(storage.keys(PREFIX), (key) => key === OWN || locked(key, () => adopt(key)))

/** A second, doubled with each failure, up to a minute. */
const longer = (failed: number) => (failed < 6 ? 1000 << failed : LONGEST_WAIT)

const settle = (batch: Entry[], { status, end, wait, rotate, detail }: Answer) => {
  const head = batch[0]
  each(batch, (one) => {
    if (one.state === AWAY) {
      under -= one.bytes
      one.state = end ? GONE : HERE
    }
  })
  // Too late: what this answer may have set goes as well.
  if (permission.refusal()) return visitor.forget()
  trace.add(end ? 'answer' : status ? 'foreign_answer' : 'not_heard', [status, batch.length, detail])
  if (end) {
    failures = retries = notBefore = 0
    if (head!.suspect) group *= 2
    release = release?.()
    if (status === 200) {
      bus.emit('sent', batch.length)
      bus.emit('rotate', rotate)
    } else refuse('http_' + status, batch.length)
  } else {
    const apart = head!.suspect
    const backOff = longer(apart ? retries++ : failures++) * (1 - chance() / 2)
    const pause = wait! > backOff ? wait! : backOff
    if (apart) {
      group = 1
      retryAt = clock() + pause
      // The last in line now: another one may be tried.
      waiting = pick(waiting, (one) => (one === head ? undefined : one))
      if (head!.state !== GONE) waiting[waiting.length] = head!
    } else notBefore = clock() + pause
    // A firewall that refuses what one event says does so with such a status; a server that is away does not.
    if (status > 399 && status < 500) each(batch, (one) => (one.suspect = true))
    trace.add('waiting', pause)
    locked(OWN, () => gone || new Promise((done) => (release = done)))
  }
  stop()
  persist()
  schedule(0)
}

/** A browser refuses `keepalive` while the page has too much under way; what has failed does without, while the page stays. */
const launch = async (batch: Entry[], leaving?: boolean) => {
  let events = ''
  each(batch, (one) => {
    one.state = AWAY
    under += one.bytes
    events += (events && ',') + one.wire
  })
  const body = `{"batch":[${events}],"sentAt":"${iso(now())}","writeKey":"${config.k}"}`
  settle(batch, await send(body, leaving || !failures, batch.length))
}

/** Queue an event; what happens within `delay` ms travels together. `token` goes along when it is sent from this page. */
export const add = (text: string, delay: number, token?: unknown): void => {
  // The context is the event's last member. A signed token looks the same encoded; anything else cannot break the JSON.
  push(text, token ? slice(text, 0, -2) + `,"token":"${encodeURI(token as string)}"}}` : text)
  if (browser('onLine') === false) delay = OFFLINE
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
  stop()
  const batch = to && (leaving || !under) ? nextBatch(leaving) : []
  if (!batch.length) return
  const early = (batch[0]!.suspect ? retryAt : notBefore) - clock()
  if (!leaving && early > 0) return schedule(early)
  launch(batch, leaving)
  flush(leaving)
}

/**
 * Begin to send, and a task later also what earlier pages left. After a return from the back-forward cache, what was under
 * way before may never be answered: it is sent again, and counted once.
 */
export const start = (): void => {
  gone = false
  under = 0
  each(waiting, (one) => (one.state = HERE))
  setTimeout(() => attempt(inherit))
  // A page that is just going may hold its lock still. Not more often: pages that live would take from each other in turns.
  setTimeout(() => attempt(inherit), OFFLINE)
}

/** Nothing of it may be sent any longer. */
export const clear = (): void => {
  each(waiting, (one) => (one.state = GONE))
  waiting = []
  under = 0
  persist()
}

/** The page goes: send, and leave to the next one what nobody has confirmed. */
export const leave = (): void => {
  gone = true
  release = release?.()
  flush(true)
  attempt(write)
}

export const length = (): number => waiting.length

listen(window, 'online', () => {
  notBefore = retryAt = 0
  look()
})
