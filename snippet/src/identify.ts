import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { stringify } from './lib/json'
import { plainObject } from './lib/plainObject'
import { userIdOf } from './lib/userIdOf'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import type { Place } from './types'
import * as visitor from './visitor'

/** What this page has already told: the same again, about the same browser, says nothing new. */
const told: string[] = []

/** `identify(userId, traits?)` or `identify(traits)`: who this is. Somebody else than before gets a new anonymous id first (R10). */
export const identify = (args: unknown[], place?: Place, time?: number): void => {
  const [who, what] = args[0] && typeof args[0] === 'object' && !Array.isArray(args[0]) ? [undefined, args[0]] : args
  const before = visitor.read().userId
  if (who != null) {
    const userId = userIdOf(who)
    if (!userId) return refuse('illegal_user_id', String(who))
    if (before && before !== userId) reset(userId)
    else visitor.identify(userId)
  } else if (!what) {
    return refuse('missing_user_id')
  }
  const traits = plainObject(what)
  const said = attempt(() => stringify([visitor.read(), traits]))
  if (said && told.includes(said)) return
  if (!report('identify', { traits }, place, time)) return
  told.push(said!)
  if (before !== visitor.read().userId) bus.emit('identity')
  bus.emit('identify', visitor.read())
}
