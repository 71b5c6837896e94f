// Reads rows of { when, now, visitors_zone } and writes what the browser's half says of each: for tests/unit/domain/test_message_times.py.
import { reasonAt } from '../../snippet/test/support/schedules.mjs'

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const reason = await reasonAt()
process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(chunks)).map(reason)))
