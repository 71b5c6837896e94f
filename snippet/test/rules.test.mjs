import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { load } from './support/load.mjs'

const { pageReason } = await load('lib/pageReason.ts')
const { glob } = await load('lib/glob.ts')
const vectors = JSON.parse(await readFile(new URL('../../tests/unit/golden/rule_vectors.json', import.meta.url), 'utf8'))

test('the vectors that Python runs too', () => {
  assert.ok(vectors.length >= 150)
  const wrong = vectors.filter(({ url, rules, matches }) => (pageReason(rules, url) === '') !== matches)
  assert.deepEqual(wrong, [])
})

test('a reason says which exclude it was', () => {
  const rules = [{ op: 'matches', value: '/blog/*' }, { op: 'is', value: '/blog/unsubscribe', exclude: true }]
  assert.equal(pageReason(rules, 'https://a.test/blog/unsubscribe'), 'page_excluded:1')
  assert.equal(pageReason(rules, 'https://a.test/shop'), 'page_not_included')
  assert.equal(pageReason(undefined, 'https://a.test/shop'), '')
})

test('an operation of a later version matches nothing', () => {
  assert.equal(pageReason([{ op: 'regex', value: '.*' }], 'https://a.test/'), 'page_not_included')
})

test('the worst pattern costs milliseconds', () => {
  const began = performance.now()
  assert.equal(glob('*a'.repeat(60) + 'b', 'a'.repeat(2000)), false)
  assert.ok(performance.now() - began < 1000)
})
