import { config } from '../config'
import { each, first, pick } from '../lib/list'
import * as kept from '../kept'
import * as permission from '../permission'
import type { Message } from '../types'
import * as visitor from '../visitor'

// What happened to a message in this browser, on all subdomains. One cookie, entries `id:run:times:what`, the newest last; and
// `:when`, the minutes of its newest showings, for one that may be shown only so often in a while.

/** Characters of the cookie; beyond, the oldest entries go. It travels with every request to the site. */
const BOUND = 1024
const NAME = config.c + '_m'
/** Milliseconds. */
const MINUTE = 60_000

export interface Memory {
  times: number
  /** Minutes since 1970 of its newest showings, where it matters. */
  when: number[]
  dismissed: boolean
  acted: boolean
}

/** Where nothing can be kept, for as long as the page. */
let fallback = ''

const entries = () => (visitor.isPersistent() ? kept.get(NAME) : fallback).split('|')

/** `run` counts "Show again to everyone": a new run has seen nothing yet. */
const keyOf = (message: Message) => encodeURIComponent(message.id) + ':' + message.run + ':'

/** How many showings have to be known, for the largest number that is allowed in a while. */
const most = ({ often }: Message) => {
  let number = 0
  each(often?.caps || [], ({ max }) => (number = Math.max(number, max)))
  return number
}

export const recall = (message: Message): Memory => {
  const key = keyOf(message)
  const entry = first(entries(), (text) => text.startsWith(key)) || key
  const [times, what = '', when = ''] = entry.slice(key.length).split(':')
  const minutes = pick(when.split('.'), (text) => parseInt(text, 36) || undefined)
  return { times: Number(times) || 0, when: minutes, dismissed: what.includes('d'), acted: what.includes('a') }
}

export const remember = (message: Message, change: Partial<Memory>): void => {
  if (permission.refusal()) return
  const key = keyOf(message)
  const { times, when, dismissed, acted } = { ...recall(message), ...change }
  const minutes = pick(when, (one, index) => (when.length - index > most(message) ? undefined : one.toString(36))).join('.')
  const others = pick(entries(), (text) => (!text || text.startsWith(key) ? undefined : text + '|'))
  let value = others.join('') + `${key}${times}:${dismissed ? 'd' : ''}${acted ? 'a' : ''}${minutes && ':' + minutes}`
  while (value.length > BOUND && value.includes('|')) value = value.slice(value.indexOf('|') + 1)
  if (visitor.isPersistent()) kept.set(NAME, value)
  else fallback = value
}

/** Remember one more showing. */
export const shown = (message: Message): void => {
  const { times, when } = recall(message)
  remember(message, { times: times + 1, when: [...when, Math.floor(+new Date() / MINUTE)] })
}

/** Somebody else is in front of this browser. */
export const clear = (): void => {
  fallback = ''
}
