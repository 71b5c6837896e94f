import { identify } from './identify'
import * as bus from './lib/bus'
import { plainObject } from './lib/plainObject'
import * as trace from './lib/trace'
import { userIdOf } from './lib/userIdOf'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import * as session from './session'
import { version } from './version'
import * as visitor from './visitor'

/** Who logged in before anything might be sent: told once it may. */
let untold: any[] | undefined

bus.on('begin', () => untold && identify(untold))

/** What a page can call. */
export const api: Record<string, (args: any[]) => unknown> = {
  page([name, properties]) {
    report('page', typeof name === 'string' ? { name, properties: plainObject(properties) } : { properties: plainObject(name) })
  },

  track([event, properties]) {
    if (typeof event === 'string' && event) report('track', { event, properties: plainObject(properties) })
    else refuse('event_name', event)
  },

  identify(args) {
    const refusal = permission.refusal()
    if (!refusal) return identify(args)
    untold = args
    refuse(refusal, 'identify')
  },

  group([id, traits]) {
    const groupId = userIdOf(id)
    if (groupId) report('group', { groupId, traits: plainObject(traits) })
    else refuse('illegal_id', id)
  },

  reset() {
    untold = undefined
    if (!permission.refusal()) reset()
  },

  consent([answer]) {
    if (answer === 'granted' || answer === 'denied') session.decide(answer)
    else refuse('consent_value', answer)
  },

  on: ([name, listener]) => bus.on(name, listener),

  ready: ([callback]) => callback(),

  id: () => (permission.refusal() ? undefined : visitor.read().id),

  debug() {
    const refusal = permission.refusal()
    const told = { version, refusal, visitor: refusal || visitor.read(), waiting: queue.length(), trace: trace.entries }
    bus.emit('debug', told)
    console.log(told)
    return told
  },
}
