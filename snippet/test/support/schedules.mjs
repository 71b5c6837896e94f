// Reads rows of { when, now, visitors_zone } and writes what the browser's half says of each: for tests/unit/domain/test_message_times.py.
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
  const { schedule } = await load('messages/schedule.ts', { Date: Then })
  return ({ when, now: at, visitors_zone }) => {
    now = at
    process.env.TZ = visitors_zone
    return schedule({ when })
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const reason = await reasonAt()
  process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(chunks)).map(reason)))
}
