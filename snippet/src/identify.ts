import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { stringify } from './lib/json'
import { plainObject } from './lib/plainObject'
import { userIdOf } from './lib/userIdOf'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import * as visitor from './visitor'

/** What this page has already told: the same again, about the same browser, says nothing new. */
const told: unknown[] = []

/** `identify(userId, traits?)` or `identify(traits)`: who this is. Somebody else than before gets a new anonymous id first (R10). */
export const identify = (args: unknown[]): void => {
  const [who, what] = typeof args[0] === 'object' && !Array.isArray(args[0]) ? [undefined, args[0] || args[1]] : args
  const before = visitor.read().user
  const user = userIdOf(who)
  if (!user && (who != null || !what)) return refuse('illegal_id', who)
  if (user && before && before !== user) reset(user)
  else if (user) visitor.identify(user)
  const traits = plainObject(what)
  const said = attempt(() => stringify([visitor.read(), traits]))
  if (told.includes(said) || !report('identify', { traits })) return
  told.push(said)
  if (before !== visitor.read().user) bus.emit('identity')
  bus.emit('identify', visitor.read())
}
