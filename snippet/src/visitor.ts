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
/** Two first tabs mint their ids at the same moment; somebody who logs in and out takes longer. Milliseconds. */
const RACE = 5000

/** What the cookie holds, or would; '' before the first look. */
let current = ''
/** What this page has written into the cookie: it does so once in any case, which starts the cookie's 400 days anew. */
let written = ''
/** The cookie as it first showed itself: never, before it is written, and where a page has no say over cookies. */
let seen: string | undefined
/**
 * What the other places held when the page began, before the cookie's value was mirrored over it, and what this page has held
 * since: ids that belong to the visitor of now (R14).
 */
let mine: string[] = []
let persistent = false
/** What the last `identify` said beside who it is, and the last `group`: in memory only, and only about this visitor. */
export let said: Options = {}

/** The visitors that some values stand for; what is malformed stands for none. */
const visitors = (values: string[]): Visitor[] =>
  values.flatMap((value) => {
    const [, id, user] = /^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i.exec(value) || []
    return id ? { id, user: attempt(() => decodeURIComponent(user || '')) || '' } : []
  })

const format = ({ id, user }: Visitor) => id + (user && '.' + encodeURIComponent(user))

/** When an id was made: the first twelve digits of a UUIDv7 are milliseconds. */
const born = (id: string) => parseInt(id.replace('-', ''), 16)

/** Of two cookies of the same name first the older id, so that all pages decide alike; of the same id the one that knows a user. */
const byAge = (a: Visitor, b: Visitor) => (a.id + !a.user < b.id + !b.user ? -1 : 1)

const save = (found: Visitor) => {
  written = current = format(found)
  if (cookieless) return
  persistent = kept.set(NAME, current)
  storage.set(NAME, current)
}

/** Whoever comes next is somebody else, and must not claim what was known until now. */
const leave = () => {
  mine = []
  said = {}
}

/** Read anew. Order: cookie, the collector's cookie, localStorage, what a page that can keep nothing holds in memory, a new id. */
export const read = (): Visitor => {
  const before = current
  const values = cookieless ? [] : cookieValues(NAME)
  const mirror = cookieless ? '' : storage.get(NAME)
  const [theirs = ''] = cookieless ? [] : cookieValues(FALLBACK)
  seen = seen || values[0]
  // Where this page's cookie never shows, the collector's, which knows no user and cannot be removed, has no say any longer.
  const others = [(before && !seen && mirror) || theirs, mirror]
  // What could be kept and is gone has been cleared by somebody: then not even this page remembers.
  const held = persistent ? '' : before
  const found = visitors(values).sort(byAge)[0] || visitors([...others, held])[0] || { id: uuid7(), user: '' }
  current = format(found)
  // Another tab or subdomain has written another id: a login or logout there, or two first tabs at once.
  const raced = Math.abs(born(before) - born(current)) < RACE && !before[36]
  if (!before) mine = others
  else if (!raced && !before.startsWith(found.id)) leave()
  mine = [...new Set([current, ...mine])]
  // A page's first look keeps the cookie for the second, which comes right behind the first page view.
  if (!before && !cookieless && (persistent = storage.set(NAME, current))) return found
  if (!written || values[0] !== current || values[1]) {
    if (values[1]) writeCookie(NAME, '', '')
    save(found)
  }
  if (before && before !== current) bus.emit('identity')
  return found
}

/** Set who is logged in. */
export const identify = (user: string): void => save({ id: read().id, user })

export const say = (options: Options): unknown => (said = options)

/** A new anonymous id, for `user` or (reset) for nobody. */
export const rotate = (user: string): void => {
  leave()
  kept.set(FALLBACK, '')
  save({ id: uuid7(), user })
}

/** Every anonymous id of this visitor that this browser knows, the present one first; at most five. */
export const known = (): string[] => {
  const { id, user } = read()
  const theirs = visitors(mine).flatMap((other) => (!other.user || other.user === user ? other.id : []))
  return [...new Set([id, ...theirs])].slice(0, 5)
}

/** Nobody is remembered any longer. */
export const forget = (): void => {
  leave()
  current = ''
  ;[NAME, FALLBACK, NAME + '_m', ...storage.keys(NAME + '_q')].forEach((name) => {
    kept.set(name, '')
  })
}

/** An answer that was under way during `reset()` may have brought the old id back, which would pass for the next one's. */
bus.on('sent', () => cookieValues(FALLBACK).some((id) => id !== read().id) && kept.set(FALLBACK, ''))

/** False when the id lives in memory only, for as long as the page. */
export const isPersistent = (): boolean => persistent
