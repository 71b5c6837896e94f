import * as bus from './lib/bus'
import { stringify } from './lib/natives'
import { plainObject } from './lib/plainObject'
import { sayable } from './lib/sayable'
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
export const identify = (args: unknown[]): unknown => {
  const shift = args[0] && typeof args[0] === 'object' ? 0 : 1
  const who = shift ? args[0] : undefined
  const what = args[shift]
  const before = visitor.read().user
  const user = userIdOf(who)
  if (!user && (who != null || !what)) return refuse('illegal_id', who)
  if (user && before && before !== user) reset(user)
  else if (user) visitor.identify(user)
  const traits = plainObject(what)
  const said = { __proto__: null, groupId: visitor.said.groupId, ...plainObject(args[shift + 1]) } as Options
  visitor.say(said)
  // A fresh token for the same is no news; the first one is.
  const words = stringify(sayable({ who: visitor.read(), traits, actor: said.actor }))
  const now = words + !said.token
  if (told === now || told === words + false || !report('identify', { traits }, said.token)) return
  told = now
  if (before !== visitor.read().user) bus.emit('identity')
  bus.emit('identify', visitor.read())
}
