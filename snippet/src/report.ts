import { event } from './event'
import * as here from './here'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { byteLength } from './lib/byteLength'
import { stringify } from './lib/json'
import * as trace from './lib/trace'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import type { EventType, Place } from './types'

/** Bytes of one event: what fits into one request beside its envelope. The collector's own limit is lower, and said there. */
const LARGEST = 59000

/** Make an event and put it on its way, or refuse it with a code. Says whether it was made. */
export const report = (type: EventType, fields: Record<string, unknown>, place: Place = here.place(), time = Date.now()): boolean => {
  const refusal = permission.refusal()
  if (refusal) refuse(refusal, type)
  else {
    const made = event(type, fields, place, time)
    const text = attempt(() => stringify(made))
    if (!text) refuse('not_json', type)
    else if (byteLength(text) > LARGEST) refuse('too_large', type)
    else {
      queue.add(text, type === 'page' ? 0 : undefined)
      trace.add(type, fields)
      bus.emit('event', made)
      return true
    }
  }
  return false
}
