import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { load as loadWith } from './support/load.mjs'

const load = (path, globals) => loadWith(path, { window: globalThis, ...globals })

const { uuid7 } = await load('lib/uuid7.ts')
const { userIdOf } = await load('lib/userIdOf.ts')
const { safeHref } = await load('lib/safeHref.ts')

test('ids are UUIDv7, distinct, and ordered by time', () => {
  const ids = Array.from({ length: 1000 }, uuid7)
  ids.forEach((id) => assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/))
  assert.equal(new Set(ids).size, 1000)
  assert.ok(Math.abs(parseInt(ids[0].replace('-', '').slice(0, 12), 16) - Date.now()) < 5000)
})

test('ids without crypto', async () => {
  const { uuid7 } = await load('lib/uuid7.ts', { crypto: undefined })
  assert.match(uuid7(), /^[\da-f-]{36}$/)
})

test('junk identifies nobody', () => {
  const junk = ['', ' ', 'null', 'NULL', '"null"', "'undefined'", '" guest "', 'guest', 'anonymous', 'anon', '[object Object]', 'NaN', '0', '000', '-1', '-', 'true', 'user_id', 'userid', 'id', 'distinct_id', 'email', 'unknown', 'none', 0, NaN, {}, [], null, undefined, true, () => 1, 'a\0b', 'x'.repeat(256), '\ud800']
  junk.forEach((value) => assert.equal(userIdOf(value), '', String(value)))
})

test('others do', () => {
  assert.deepEqual([42, ' u1 ', 'User', 'ü', 'x'.repeat(255), 'guest1', '10'].map(userIdOf), ['42', 'u1', 'User', 'ü', 'x'.repeat(255), 'guest1', '10'])
})

test('where a message may lead', () => {
  const bad = ['javascript:alert(1)', '//evil.test', 'data:text/html,x', ' javascript:1', '', undefined, 'relative']
  bad.forEach((href) => assert.equal(safeHref(href), '', href))
  const good = ['https://a.test', 'http://a.test', '/a', '#a', 'mailto:a@b.c', 'tel:1']
  good.forEach((href) => assert.equal(safeHref(href), href))
})

const { chosen } = await load('lib/chosen.ts')
const vectors = JSON.parse(await readFile(new URL('../../tests/unit/golden/cookie_vectors.json', import.meta.url)))

for (const { level, values, expected } of vectors) {
  test(`which cookie counts at level ${level}: ${values}`, () => {
    assert.equal(chosen(values, level === null ? '' : '.@' + level) || null, expected)
  })
}
