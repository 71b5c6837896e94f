import { identify } from './identify'
import * as bus from './lib/bus'
import { plainObject } from './lib/plainObject'
import { sayable } from './lib/sayable'
import * as trace from './lib/trace'
import { userIdOf } from './lib/userIdOf'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import * as session from './session'
import { to } from './transport'
import { version } from './version'
import * as visitor from './visitor'

/** Who logged in before anything might be sent: told, once, when it may. */
let untold: unknown[] | undefined

bus.on('begin', () => {
  const args = untold
  untold = undefined
  if (args) identify(args)
})

/** What a page can call. */
export const api: Record<string, (...args: any[]) => unknown> = {
  __proto__: null as any,

  page(name, properties) {
    const named = typeof name === 'string'
    report('page', { name: named ? name : undefined, properties: plainObject(named ? properties : name) })
  },

  track(event, properties) {
    if (typeof event === 'string' && event) report('track', { event, properties: plainObject(properties) })
    else refuse('event_name', event)
  },

  identify(...args) {
    const refusal = permission.refusal()
    if (!refusal) return identify(args)
    untold = sayable(args)
    refuse(refusal, 'identify')
  },

  group(id, traits) {
    const groupId = userIdOf(id)
    if (!groupId) return refuse('illegal_id', id)
    if (report('group', { groupId, traits: plainObject(traits) })) visitor.said.groupId = groupId
  },

  reset() {
    untold = undefined
    if (!permission.refusal()) reset()
  },

  consent(answer) {
    if (answer === 'granted' || answer === 'denied') session.decide(answer)
    else refuse('consent_value', answer)
  },

  on: bus.on,

  ready: (callback) => callback(),

  id: () => (permission.refusal() ? undefined : visitor.read().id),

  debug() {
    const refusal = permission.refusal()
    const told = { version, to, refusal, visitor: refusal || visitor.read(), waiting: queue.length(), trace: trace.entries }
    bus.emit('debug', told)
    console.log(told)
    return told
  },
}
