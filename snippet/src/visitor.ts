import { asked } from './asked'
import { config } from './config'
import * as kept from './kept'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { cookieValues } from './lib/cookieValues'
import * as storage from './lib/storage'
import * as trace from './lib/trace'
import { uuid7 } from './lib/uuid7'
import { writeCookie } from './lib/writeCookie'
import type { Visitor } from './types'

// Who is in front of this browser: one cookie holds the anonymous id and the user, so that they change together.

const NAME = config.c
/** Set by the collector's answers; it outlives the seven days that Safari grants to a cookie set by script. Only read here. */
const FALLBACK = NAME + '_id'
/** Two first tabs mint their ids at the same moment; somebody who logs out and in again takes longer (ms). */
const RACE = 5000

const cookieless = asked === 'cookieless'

let current: Visitor | undefined
/** Ids that this page has used and that belong to the visitor of now (R14). */
let used: string[] = []
/** Ids that this page has left behind: whoever comes next must not claim them. */
const retired: string[] = []
/** What localStorage held when the page began, before the cookie's value was mirrored over it. */
let stale = ''
let persistent = false

const parse = (value = ''): Visitor | undefined => {
  const [, anonymousId, user = ''] = /^([\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})(?:\.(.+))?$/i.exec(value) || []
  return anonymousId ? { anonymousId, userId: attempt(() => decodeURIComponent(user)) || '' } : undefined
}

const format = ({ anonymousId, userId }: Visitor) => anonymousId + (userId && '.' + encodeURIComponent(userId))

const mintedAt = (id: string) => parseInt(id.replace('-', '').slice(0, 12), 16)

/** Of two cookies of the same name the older id, so that all pages decide alike; of the same id the one that knows a user. */
const older = (a: Visitor, b: Visitor) => {
  if (a.anonymousId === b.anonymousId) return a.userId ? a : b
  return a.anonymousId < b.anonymousId ? a : b
}

const save = (found: Visitor) => {
  current = found
  if (cookieless) return
  const inCookie = kept.set(NAME, format(found))
  persistent = storage.set(NAME, format(found)) || inCookie
}

/** Whoever comes next is somebody else. */
const leave = (anonymousId: string) => {
  retired.push(anonymousId)
  used = []
  stale = ''
}

/** Another tab or subdomain has written another id: a login or logout there, or two first tabs at once. */
const follow = (before: Visitor, found: Visitor) => {
  const raced = !before.userId && Math.abs(mintedAt(before.anonymousId) - mintedAt(found.anonymousId)) < RACE
  if (!raced && before.anonymousId !== found.anonymousId) leave(before.anonymousId)
}

/** Read anew. Order: cookie, the collector's cookie, localStorage, what this page held in memory, a new id. */
export const read = (): Visitor => {
  const values = cookieless ? [] : cookieValues(NAME)
  const cookies = values.map(parse).filter(Boolean) as Visitor[]
  const elsewhere = () => !cookieless && (parse(cookieValues(FALLBACK)[0]) || parse(storage.get(NAME)))
  const found = (cookies[0] ? cookies.reduce(older) : elsewhere()) || current || { anonymousId: uuid7(), userId: '' }
  const before = current
  if (before) follow(before, found)
  else if (!cookieless) stale = storage.get(NAME)
  if (!used.includes(found.anonymousId)) used.push(found.anonymousId)
  current = found
  if (values[1]) writeCookie(NAME, '', '')
  if (!before || values[1] || values[0] !== format(found)) save(found)
  if (before && format(before) !== format(found)) bus.emit('identity')
  return found
}

/** Set who is logged in. */
export const identify = (userId: string): void => save({ ...read(), userId })

/** A new anonymous id, for `userId` or (reset) for nobody. */
export const rotate = (userId: string): void => {
  leave(read().anonymousId)
  kept.set(FALLBACK, '')
  save({ anonymousId: uuid7(), userId })
  trace.add('rotated', current)
}

/** Every anonymous id of this visitor that this browser knows, the present one first; at most five. */
export const known = (): string[] => {
  const { anonymousId, userId } = read()
  const ids = [anonymousId, ...used]
  const others = cookieless ? [] : [cookieValues(FALLBACK)[0], stale]
  others.map(parse).forEach((other) => {
    if (other && (!other.userId || other.userId === userId)) ids.push(other.anonymousId)
  })
  return ids.filter((id, i) => ids.indexOf(id) === i && !retired.includes(id)).slice(0, 5)
}

/** Nobody is remembered any longer. */
export const forget = (): void => {
  current = undefined
  used = []
  ;[NAME, FALLBACK, NAME + '_m', ...storage.keys(NAME + '_q')].forEach((name) => {
    kept.set(name, '')
  })
}

/** False when the id lives in memory only, for as long as the page. */
export const isPersistent = (): boolean => persistent
