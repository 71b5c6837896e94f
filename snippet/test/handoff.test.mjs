import assert from 'node:assert/strict'
import test from 'node:test'
import { element, visit } from './support/captures.mjs'

const crossing = (to, attributes = {}) => {
  const link = element('a', { href: to, ...attributes })
  return Object.defineProperty(link, 'href', { get: () => link.getAttribute('href') ?? link.getAttribute('xlink:href') })
}

/** Where a click on a link leads, as the browser reads it after all listeners. */
const follow = (page, link, more) => {
  page.fire(more?.button ? 'auxclick' : 'click', [link], more)
  return link.href
}
const hover = async (page, link) => {
  page.fire('pointerover', [link])
  await page.settle(20)
}

test('handoff: the token is in the address while it is read, and not before or after', async () => {
  const page = await visit({ j: true }, { tokens: ['one', 'two'] })
  const link = crossing('https://www.mag.test/a?b=c#d')
  await hover(page, link)
  await hover(page, link)
  assert.deepEqual(page.asked, [{ anonymousId: page.passerby.id(), writeKey: 'key' }])
  assert.equal(link.href, 'https://www.mag.test/a?b=c#d')
  assert.equal(follow(page, link), 'https://www.mag.test/a?b=c&passerby_handoff=one#d')
  await page.settle(20)
  assert.equal(link.href, 'https://www.mag.test/a?b=c#d')
  assert.equal(follow(page, link), 'https://www.mag.test/a?b=c#d', 'a token is used once')
  await hover(page, crossing('https://mag.test/'))
  assert.equal(follow(page, crossing('https://mag.test/'), { button: 1 }), 'https://mag.test/?passerby_handoff=two')
})

test('handoff: a link that the page has changed meanwhile is left as it is', async () => {
  const page = await visit({ j: true }, { tokens: ['one'] })
  const link = crossing('https://mag.test/')
  await hover(page, link)
  follow(page, link)
  link.setAttribute('href', 'https://mag.test/else')
  await page.settle(20)
  assert.equal(link.href, 'https://mag.test/else')
})

test('handoff: no token, or one of another visitor, is no handoff, and nobody asks again and again', async () => {
  const page = await visit({ j: true })
  const link = crossing('https://mag.test/')
  await hover(page, link)
  await hover(page, link)
  assert.equal(follow(page, link), 'https://mag.test/')
  assert.equal(page.asked.length, 1)
  const other = await visit({ j: true }, { tokens: ['one', 'two'] })
  await hover(other, link)
  other.passerby.reset()
  assert.equal(follow(other, link), 'https://mag.test/')
  await hover(other, link)
  assert.equal(other.asked[1].anonymousId, other.passerby.id())
  assert.equal(follow(other, link), 'https://mag.test/?passerby_handoff=two')
})

test('handoff: only to another domain of the site, from one of its own', async () => {
  const page = await visit({ j: true }, { tokens: ['one'] })
  for (const to of ['https://app.shop.test/', 'https://shop.test/', 'https://other.test/', 'https://notmag.test/', 'ftp://mag.test/']) {
    await hover(page, crossing(to))
  }
  assert.deepEqual(page.asked, [])
  const away = await visit({ j: true }, { url: 'https://preview.test/', tokens: ['one'] })
  await hover(away, crossing('https://mag.test/'))
  assert.deepEqual(away.asked, [])
})

test('handoff: a click that the page has prevented, or of the right button, takes nobody along', async () => {
  const page = await visit({ j: true }, { tokens: ['one'] })
  const link = crossing('https://mag.test/')
  await hover(page, link)
  assert.equal(follow(page, link, { button: 2 }), 'https://mag.test/')
  assert.equal(follow(page, link, { prevented: true }), 'https://mag.test/')
})

test('handoff: without permission nothing is asked for', async () => {
  const link = crossing('https://mag.test/')
  const asking = await visit({ j: true, q: true }, { tokens: ['one'] })
  const shy = await visit({ j: true }, { tokens: ['one'], navigator: { globalPrivacyControl: true } })
  const known = await visit({ j: true }, { tokens: ['one'] })
  known.passerby.identify('ann')
  const off = await visit({}, { tokens: ['one'] })
  for (const page of [asking, shy, known, off]) {
    await hover(page, link)
    assert.deepEqual(page.asked, [])
  }
  const taken = await visit({ j: true }, { tokens: ['one'] })
  await hover(taken, link)
  taken.passerby.consent('denied')
  assert.equal(follow(taken, link), 'https://mag.test/')
})
