import { cookieless } from './asked'
import { config } from './config'
import * as kept from './kept'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { cookieValues } from './lib/cookieValues'
import * as storage from './lib/storage'
import { uuid7 } from './lib/uuid7'
import { writeCookie } from './lib/writeCookie'
import type { Options, Visitor } from './types'

// Who is in front of this browser: one cookie holds the anonymous id and the user, so that they change together.

const NAME = config.c
/** Set by the collector's answers; it outlives the seven days that Safari grants to a cookie set by script. Only read here. */
const FALLBACK = NAME + '_id'
/** Two first tabs mint their ids at the same moment; somebody who logs out and in again takes longer (ms). */
const RACE = 5000

let current: Visitor | undefined
/** Ids that this page has used and that belong to the visitor of now (R14). */
let used: string[] = []
/** Ids that this page has left behind: whoever comes next must not claim them. */
const retired: string[] = []
/** What localStorage held when the page began, before the cookie's value was mirrored over it. */
let stale = ''
let persistent = false
/** What the last `identify` said beside who it is: in memory only, and only about this visitor. */
export let said: Options = {}

const parse = (value = ''): Visitor | undefined => {
  const [, id, user = ''] = /^([\da-f]{8}(?:-[\da-f]{4}){4}[\da-f]{8})(?:\.(.+))?$/i.exec(value) || []
  return id ? { id, user: attempt(() => decodeURIComponent(user)) || '' } : undefined
}

const format = ({ id, user }: Visitor) => id + (user && '.' + encodeURIComponent(user))

const mintedAt = (id: string) => parseInt(id.replace('-', '').slice(0, 12), 16)

/** Of two cookies of the same name the older id, so that all pages decide alike; of the same id the one that knows a user. */
const older = (a: Visitor, b: Visitor) => (a.id + !a.user < b.id + !b.user ? a : b)

const save = (found: Visitor) => {
  current = found
  if (cookieless) return
  persistent = kept.set(NAME, format(found))
  storage.set(NAME, format(found))
}

/** Whoever comes next is somebody else. */
const leave = (id: string) => {
  retired.push(id)
  used = []
  stale = ''
  said = {}
}

/** Another tab or subdomain has written another id: a login or logout there, or two first tabs at once. */
const follow = (before: Visitor, found: Visitor) => {
  const raced = !before.user && Math.abs(mintedAt(before.id) - mintedAt(found.id)) < RACE
  if (!raced && before.id !== found.id) leave(before.id)
}

/** Read anew. Order: cookie, the collector's cookie, localStorage, what a page that can keep nothing holds in memory, a new id. */
export const read = (): Visitor => {
  const values = cookieless ? [] : cookieValues(NAME)
  const cookies = values.map(parse).filter(Boolean) as Visitor[]
  const elsewhere = () => !cookieless && (parse(cookieValues(FALLBACK)[0]) || parse(storage.get(NAME)))
  // What could be kept and is gone has been cleared by somebody: then not even this page remembers.
  const held = !persistent && current
  const found = (cookies[0] ? cookies.reduce(older) : elsewhere()) || held || { id: uuid7(), user: '' }
  const before = current
  if (before) follow(before, found)
  else if (!cookieless) stale = storage.get(NAME)
  if (!used.includes(found.id)) used.push(found.id)
  current = found
  if (values[1]) writeCookie(NAME, '', '')
  if (!before || values[1] || values[0] !== format(found)) save(found)
  if (before && format(before) !== format(found)) bus.emit('identity')
  return found
}

/** Set who is logged in. */
export const identify = (user: string): void => save({ id: read().id, user })

export const say = (options: Options): unknown => (said = options)

/** A new anonymous id, for `user` or (reset) for nobody. */
export const rotate = (user: string): void => {
  leave(read().id)
  kept.set(FALLBACK, '')
  save({ id: uuid7(), user })
}

/** Every anonymous id of this visitor that this browser knows, the present one first; at most five. */
export const known = (): string[] => {
  const { id, user } = read()
  const others = cookieless ? [] : [cookieValues(FALLBACK)[0], stale]
  const theirs = others.map(parse).flatMap((other) => (other && (!other.user || other.user === user) ? other.id : []))
  return [...new Set([id, ...used, ...theirs])].filter((known) => !retired.includes(known)).slice(0, 5)
}

/** Nobody is remembered any longer. */
export const forget = (): void => {
  leave('')
  current = undefined
  ;[NAME, FALLBACK, NAME + '_m', ...storage.keys(NAME + '_q')].forEach((name) => {
    kept.set(name, '')
  })
}

/** False when the id lives in memory only, for as long as the page. */
export const isPersistent = (): boolean => persistent
