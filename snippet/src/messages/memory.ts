import { config } from '../config'
import { first, pick } from '../lib/list'
import * as kept from '../kept'
import * as permission from '../permission'
import type { Message } from '../types'
import * as visitor from '../visitor'

// What happened to a message in this browser, on all subdomains. One cookie, entries `id:run:times:what`, the newest last.

/** Characters of the cookie; beyond, the oldest entries go. It travels with every request to the site. */
const BOUND = 1024
const NAME = config.c + '_m'

export interface Memory {
  times: number
  dismissed: boolean
  acted: boolean
}

/** Where nothing can be kept, for as long as the page. */
let fallback = ''

const entries = () => (visitor.isPersistent() ? kept.get(NAME) : fallback).split('|')

/** `run` counts "Show again to everyone": a new run has seen nothing yet. */
const keyOf = (message: Message) => encodeURIComponent(message.id) + ':' + message.run + ':'

export const recall = (message: Message): Memory => {
  const key = keyOf(message)
  const entry = first(entries(), (text) => text.startsWith(key)) || key
  const [times, what = ''] = entry.slice(key.length).split(':')
  return { times: Number(times) || 0, dismissed: what.includes('d'), acted: what.includes('a') }
}

export const remember = (message: Message, change: Partial<Memory>): void => {
  if (permission.refusal()) return
  const key = keyOf(message)
  const { times, dismissed, acted } = { ...recall(message), ...change }
  const others = pick(entries(), (text) => (!text || text.startsWith(key) ? undefined : text + '|'))
  let value = others.join('') + `${key}${times}:${dismissed ? 'd' : ''}${acted ? 'a' : ''}`
  while (value.length > BOUND && value.includes('|')) value = value.slice(value.indexOf('|') + 1)
  if (visitor.isPersistent()) kept.set(NAME, value)
  else fallback = value
}

/** Somebody else is in front of this browser. */
export const clear = (): void => {
  fallback = ''
}
