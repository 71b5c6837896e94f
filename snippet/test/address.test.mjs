import assert from 'node:assert/strict'
import test from 'node:test'
import { visit, WWW } from './support/visit.mjs'

const TOKENS = 'passerby_handoff=a.b-c&passerby_link=d%20e'

for (const [before, left] of [
  ['a?passerby_link=x', 'a'],
  ['a?passerby_link=x#part', 'a#part'],
  ['a?passerby_handoff=x&b=1#part', 'a?b=1#part'],
  ['a?b=1&passerby_link=x', 'a?b=1'],
  ['a?b=1&passerby_link=x&c=2', 'a?b=1&c=2'],
  ['a?b=1&' + TOKENS + '&c=2', 'a?b=1&c=2'],
  ['a?' + TOKENS + '#part', 'a#part'],
  ['a?passerby_link=x&b=1&passerby_handoff=y', 'a?b=1'],
]) {
  test('tokens leave the address bar: ' + before, async () => {
    const page = await visit(WWW + before)
    assert.equal(page.globals.location.href, WWW + left)
    assert.deepEqual(page.history.state, { kept: 'by the page' })
    await page.settle()
    assert.deepEqual(page.events().map(({ properties }) => properties.url), [WWW + before.split('#')[0]])
    page.history.pushState(null, '', '/next')
    await page.settle()
    assert.equal(page.events()[1].properties.referrer, WWW + left.split('#')[0])
  })
}

for (const address of ['a?', 'a?b=1&', 'a?xpasserby_link=1', 'a?passerby_linked=1', 'passerby_link=1']) {
  test('any other address stays: ' + address, async () => {
    const page = await visit(WWW + address)
    assert.equal(page.globals.location.href, WWW + address)
  })
}

test('a token that comes by a route is followed and removed as well', async () => {
  const page = await visit()
  page.history.pushState({ n: 1 }, '', '/b?passerby_link=x')
  await page.settle()
  assert.equal(page.globals.location.href, WWW + 'b')
  assert.deepEqual(page.history.state, { n: 1 })
  assert.deepEqual(page.events().map(({ properties }) => properties.url), [WWW, WWW + 'b?passerby_link=x'])
})

test('without consent tokens stay until it is given: the hand-over would be lost', async () => {
  const page = await visit(WWW + '?passerby_handoff=x', { config: { q: true } })
  page.page.dispatchEvent(new Event('focus'))
  assert.equal(page.globals.location.href, WWW + '?passerby_handoff=x')
  page.passerby.consent('granted')
  assert.equal(page.globals.location.href, WWW)
  await page.settle()
  assert.deepEqual(page.events().map(({ properties }) => properties.url), [WWW + '?passerby_handoff=x'])
})

test('who refuses has nothing to hand over, so the token goes at once', async () => {
  const asking = await visit(WWW + '?passerby_link=x', { config: { q: true } })
  asking.passerby.consent('denied')
  assert.equal(asking.globals.location.href, WWW)
  const off = await visit(WWW + '?passerby_link=x', { config: { g: 'off' }, navigator: { globalPrivacyControl: true } })
  assert.equal(off.globals.location.href, WWW)
  assert.equal(off.posts.length, 0)
})

test('a page that forbids replaceState is not harmed', async () => {
  const page = await visit(WWW + '?passerby_link=x', { frozen: true })
  await page.settle()
  assert.equal(page.events().length, 1)
})
