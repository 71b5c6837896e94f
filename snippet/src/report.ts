import { event } from './event'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { byteLength } from './lib/byteLength'
import { stringify } from './lib/natives'
import { altered, sayable } from './lib/sayable'
import * as trace from './lib/trace'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import type { EventType, WireEvent } from './types'

/** Bytes of one event that the collector keeps: 32 KB, less what is added to it on the way. */
const LARGEST = 32000
/** Milliseconds in which events gather; a page view goes at once. */
const BATCHING = 250

/** An event as of now; undefined, and refused with a code, where none may be made. */
export const make = (type: EventType, fields: Record<string, unknown>): WireEvent | undefined => {
  const refusal = permission.refusal()
  if (refusal) refuse(refusal, type)
  else return event(type, fields)
}

/** Put an event on its way, or refuse it with a code. Says whether it is. */
export const send = (made: WireEvent, token: unknown = ''): boolean => {
  let said: any
  let text = ''
  const isTooLarge = (event: WireEvent, longest?: number, most?: number, deepest?: number) => {
    said = sayable(event, longest, most, deepest)
    said.context.altered = altered() + ((made.context.altered as number) || 0) || undefined
    text = attempt(() => stringify(said)) || ''
    return byteLength(text + token) > LARGEST
  }
  const flat = (traits: any) => traits && sayable({ email: traits.email, ...traits }, 255, 12, 0)
  const tooLarge =
    isTooLarge(made) &&
    isTooLarge(made, 255, 20, 3) &&
    isTooLarge({ ...made, properties: flat(made.properties), traits: flat(made.traits) }, 255, 20, 3)
  const against = permission.refusal() || (tooLarge ? 'too_large' : text ? '' : 'not_json')
  if (against) return refuse(against, made.type)
  queue.add(text, made.type === 'page' ? 0 : BATCHING, token)
  trace.add(made.type, said)
  bus.emit('event', said)
  return true
}

/** Make an event and send it. */
export const report = (type: EventType, fields: Record<string, unknown>, token?: unknown): boolean => {
  const made = make(type, fields)
  return !!made && send(made, token)
}
