// What the browser's half says of schedules: for schedule.test.mjs, and for Python's (tests/support/schedules.mjs).
import { load } from './load.mjs'

/** Reason of a schedule at a moment, on a clock: node reads the zone of its process anew whenever that is set. */
export const reasonAt = async () => {
  let now
  class Then extends Date {
    constructor(...given) {
      if (given.length) super(...given)
      else super(now)
    }
  }
  const { schedule } = await load('messages/schedule.ts', { Date: Then, window: globalThis })
  return ({ when, now: at, visitors_zone }) => {
    now = at
    process.env.TZ = visitors_zone
    return schedule({ when })
  }
}
