import { cookieless } from './asked'
import { config } from './config'
import * as kept from './kept'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { cookies } from './lib/jar'
import { each, first, has, pick } from './lib/list'
import { decode, encode, exec, slice } from './lib/natives'
import * as storage from './lib/storage'
import { uuid7 } from './lib/uuid7'
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
let seen = ''
/**
 * What the other places held when the page began, before the cookie's value was mirrored over it, and what this page has held
 * since: ids that belong to the visitor of now (R14).
 */
let mine: string[] = []
let persistent = false
/** All cookies at the last look, if ours was among them, and whom it named: nothing has changed as long as they are the same. */
let unchanged: string | undefined
let last: Visitor
/** What the last `identify` said beside who it is, and the last `group`: in memory only, and only about this visitor. */
export let said: Options = { __proto__: null } as Options

/** The visitors that some values stand for; what is malformed stands for none. */
const visitors = (values: string[]): Visitor[] =>
  pick(values, (value) => {
    const found = exec(/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i, value)
    return found ? { id: found[1]!, user: attempt(() => decode(found[2] || '')) || '' } : undefined
  })

const format = ({ id, user }: Visitor) => id + (user && '.' + encode(user))

/** When an id was made: the first twelve digits of a UUIDv7 are milliseconds. */
const born = (id: string) => +('0x' + slice(id, 0, 8) + slice(id, 9, 13))

const save = (found: Visitor) => {
  written = current = format(found)
  unchanged = undefined
  if (cookieless) return
  persistent = kept.set(NAME, current)
  kept.store(NAME, current)
}

/** Whoever comes next is somebody else, and must not claim what was known until now. */
const leave = () => {
  mine = []
  said = { __proto__: null } as Options
}

const add = (value: string) => has(mine, value) || (mine[mine.length] = value)

/** Read anew. Order: cookie, the collector's cookie, localStorage, what a page that can keep nothing holds in memory, a new id. */
export const read = (): Visitor => (!cookieless && unchanged === cookies() ? last : look())

const look = (): Visitor => {
  const before = current
  const here = (read: (name: string) => string, name: string) => (cookieless ? '' : read(name))
  const own = here(kept.cookie, NAME)
  const theirs = here(kept.cookie, FALLBACK)
  const mirror = here(kept.stored, NAME)
  seen = seen || own
  // Where this page's cookie never shows, the collector's, which knows no user and cannot be removed, has no say any longer.
  const others = [(before && !seen && mirror) || theirs, mirror]
  // What could be kept and is gone has been cleared by somebody: then not even this page remembers.
  const held = persistent ? '' : before
  last = first(visitors([own, others[0]!, mirror, held]), () => true) || { id: uuid7(), user: '' }
  current = format(last)
  // Another tab or subdomain has written another id: a login or logout there, or two first tabs at once.
  const gap = born(before) - born(current)
  const raced = gap < RACE && gap > -RACE && before.length < 37
  if (!before) mine = others
  else if (!raced && slice(before, 0, 36) !== last.id) leave()
  add(current)
  // A page's first look keeps the cookie for the second, which comes right behind the first page view.
  if (!before && !cookieless && (persistent = kept.store(NAME, current))) return last
  if (!written || own !== current) save(last)
  else unchanged = cookies()
  if (before && before !== current) bus.emit('identity')
  return last
}

/** Set who is logged in. */
export const identify = (user: string): void => save({ id: read().id, user })

export const say = (options: Options): unknown => (said = options)

/** A new anonymous id, for `user` or (reset) for nobody. On a device of many the next one has seen no message yet. */
export const rotate = (user: string): void => {
  leave()
  kept.set(FALLBACK, '')
  if (config.y) {
    kept.set(NAME + '_m', '')
    bus.emit('rotated')
  }
  save({ id: uuid7(), user })
}

/** Every anonymous id of this visitor that this browser knows, the present one first; at most five. */
export const known = (): string[] => {
  const { id, user } = read()
  const ids = [id]
  const others = visitors(mine)
  for (let index = others.length; index-- && ids.length < 5; ) {
    const other = others[index]!
    if ((!other.user || other.user === user) && !has(ids, other.id)) ids[ids.length] = other.id
  }
  return ids
}

/** Nobody is remembered any longer. */
export const forget = (): void => {
  leave()
  current = ''
  unchanged = undefined
  each([NAME, FALLBACK, NAME + '_m'], (name) => kept.set(name, ''))
  each(storage.keys(NAME + '_q'), (name) => storage.set(name, ''))
}

/** An answer that was under way during `reset()` may have brought the old id back, which would pass for the next one's. */
bus.on('sent', () => {
  const theirs = kept.cookie(FALLBACK)
  if (theirs && theirs !== read().id) kept.set(FALLBACK, '')
})

/** False when the id lives in memory only, for as long as the page. */
export const isPersistent = (): boolean => persistent
