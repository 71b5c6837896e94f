import { version } from './version'
import { halt } from './halt'
import { identify } from './identify'
import * as bus from './lib/bus'
import { plainObject } from './lib/plainObject'
import * as trace from './lib/trace'
import { userIdOf } from './lib/userIdOf'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import type { Place } from './types'
import * as visitor from './visitor'

type Method = (args: any[], place?: Place, time?: number) => unknown

/** Who logged in before anything might be sent: told once it may. */
let untold: Parameters<Method> | undefined

/** What a page can call. `place` and `time` are those of the call when it was made before the script was there. */
export const api: Record<string, Method> = {
  page([name, properties], place, time) {
    const named = typeof name === 'string'
    report('page', { name: named ? name : undefined, properties: plainObject(named ? properties : name) }, place, time)
  },

  track([name, properties], place, time) {
    if (typeof name !== 'string' || !name.trim()) refuse('event_name', name)
    else report('track', { event: name, properties: plainObject(properties) }, place, time)
  },

  identify(args, place, time) {
    const refusal = permission.refusal()
    if (!refusal) return identify(args, place, time)
    untold = [args, place, time]
    refuse(refusal, 'identify')
  },

  group([id, traits], place, time) {
    const groupId = userIdOf(id)
    if (groupId) report('group', { groupId, traits: plainObject(traits) }, place, time)
    else refuse('illegal_group_id', String(id))
  },

  reset() {
    untold = undefined
    if (!permission.refusal()) reset()
  },

  consent([answer]) {
    if (answer !== 'granted' && answer !== 'denied') return refuse('consent_value', answer)
    const before = permission.refusal()
    permission.remember(answer)
    trace.add('consent', answer)
    const now = permission.refusal()
    if (now) return halt()
    if (!before) return
    queue.start()
    pageviews.count()
    if (untold) identify(...untold)
    bus.emit('identity')
  },

  on([name, listener]) {
    bus.on(name, listener)
  },

  ready([callback]) {
    callback()
  },

  id: () => (permission.refusal() ? undefined : visitor.read().anonymousId),

  debug() {
    const refusal = permission.refusal()
    const told = { version, refusal, visitor: refusal ? undefined : visitor.read(), waiting: queue.length(), trace: trace.entries.slice() }
    bus.emit('debug', told)
    console.log('passerby', told)
    return told
  },
}
