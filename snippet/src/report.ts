import { event } from './event'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { byteLength } from './lib/byteLength'
import { stringify } from './lib/json'
import * as trace from './lib/trace'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import type { EventType } from './types'

/** Bytes of one event: what fits into one request beside its envelope. The collector's own limit is lower, and said there. */
const LARGEST = 59000
/** Milliseconds in which events gather; a page view goes at once. */
const BATCHING = 250

/** Make an event and put it on its way, or refuse it with a code. Says whether it was made. */
export const report = (type: EventType, fields: Record<string, unknown>, token: unknown = ''): boolean => {
  const refusal = permission.refusal()
  const made = refusal || event(type, fields)
  const text = attempt(() => stringify(made)) || ''
  const against = refusal || (text ? byteLength(text + token) > LARGEST && 'too_large' : 'not_json')
  if (against) refuse(against, type)
  else {
    queue.add(text, type === 'page' ? 0 : BATCHING, token)
    trace.add(type, fields)
    bus.emit('event', made)
  }
  return !against
}
