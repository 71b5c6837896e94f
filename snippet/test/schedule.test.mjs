import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { reasonAt } from './support/schedules.mjs'

const vectors = JSON.parse(await readFile(new URL('../../tests/unit/golden/schedule_vectors.json', import.meta.url), 'utf8'))
const reason = await reasonAt()

for (const row of vectors) test('schedule: ' + row.name, () => assert.equal(reason(row), row.reason ?? ''))
