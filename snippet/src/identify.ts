import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { stringify } from './lib/json'
import { plainObject } from './lib/plainObject'
import { userIdOf } from './lib/userIdOf'
import { refuse } from './refuse'
import { report } from './report'
import { reset } from './reset'
import type { Options } from './types'
import * as visitor from './visitor'

/** What this page has already told: the same again, about the same browser, says nothing new. */
let told = ''

/**
 * `identify(userId, traits?, options?)` or `identify(traits, options?)`: who this is. Somebody else than before gets a new
 * anonymous id first (R10).
 */
export const identify = (args: unknown[]): void => {
  const [who, what, options] = plainObject(args[0]) === args[0] ? [, ...args] : args
  const before = visitor.read().user
  const user = userIdOf(who)
  if (!user && (who != null || !what)) return refuse('illegal_id', who)
  if (user && before && before !== user) reset(user)
  else if (user) visitor.identify(user)
  const traits = plainObject(what)
  const said: Options = { groupId: visitor.said.groupId, ...plainObject(options) }
  visitor.say(said)
  // A fresh token for the same is no news; the first one is.
  const words = attempt(() => stringify([visitor.read(), traits, said.actor])) as string
  const now = words + !said.token
  if (told === now || told === words + false || !report('identify', { traits }, said.token)) return
  told = now
  if (before !== visitor.read().user) bus.emit('identity')
  bus.emit('identify', visitor.read())
}
