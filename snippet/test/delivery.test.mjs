import assert from 'node:assert/strict'
import test from 'node:test'
import { leftovers, locks, visit, WWW } from './support/visit.mjs'

/** A page whose view is delivered, and whose collector then answers something else. */
const after = async (status, more = {}, options = {}) => {
  const page = await visit(WWW, options)
  await page.settle(50)
  return Object.assign(page, { status, posts: (page.posts.length = 0, page.posts) }, more)
}

/** Milliseconds of the pauses that a page has made. */
const pauses = (page) => page.passerby.debug().trace.filter(({ code }) => code === 'waiting').map(({ detail }) => detail)

for (const [name, value, least, most] of [
  ['seconds', '30', 30000, 30000],
  ['a date', () => new Date(Date.now() + 40000).toUTCString(), 37000, 40000],
  ['a date that has gone', 'Wed, 21 Oct 2015 07:28:00 GMT', 500, 1000],
  ['anything else', 'soon', 500, 1000],
  ['nothing', undefined, 500, 1000],
]) {
  test('Retry-After: ' + name, async () => {
    const said = typeof value === 'function' ? value() : value
    const page = await after(503, { headers: said === undefined ? {} : { 'Retry-After': said } })
    page.passerby.track('one')
    await page.settle()
    page.passerby.track('two')
    await page.settle()
    const [pause] = pauses(page)
    assert.ok(pause >= least && pause <= most, String(pause))
    assert.equal(page.posts.length, 1)
  })
}

/** Timers and the clock of a page that lives so many times faster. */
const faster = (times) => ({
  setTimeout: (act, ms) => setTimeout(act, ms / times).unref(),
  performance: { now: () => performance.now() * times, getEntriesByType: () => [] },
})

test('pauses grow, with jitter, up to a minute', async () => {
  const page = await visit(WWW, { globals: faster(400) })
  page.status = 503
  page.passerby.track('one')
  await page.settle(800)
  const base = [1, 2, 4, 8, 16, 32, 60, 60]
  const shares = base.map((seconds, i) => pauses(page)[i] / seconds / 1000)
  assert.ok(shares.every((share) => share >= 0.5 && share <= 1), JSON.stringify(pauses(page)))
  assert.ok(new Set(shares).size > 1)
})

test('offline is a hint that delays; online everything goes at once', async () => {
  const page = await after(200, {}, { navigator: { onLine: true } })
  page.globals.navigator.onLine = false
  page.passerby.track('one')
  page.passerby.track('two')
  await page.settle()
  assert.equal(page.posts.length, 0)
  assert.equal(leftovers(page).length, 1)
  page.globals.navigator.onLine = true
  page.page.dispatchEvent(new Event('online'))
  await page.settle(50)
  assert.deepEqual(page.events().map(({ event }) => event), ['one', 'two'])
  assert.deepEqual(leftovers(page), [])
})

test('offline for ever, as far as the browser knows: delivered all the same, also on leaving', async () => {
  const page = await visit(WWW, { globals: faster(20), navigator: { onLine: false } })
  page.passerby.track('one')
  await page.settle(400)
  page.passerby.track('two')
  page.page.dispatchEvent(new Event('pagehide'))
  assert.deepEqual(page.events().map(({ event }) => event), [undefined, 'one', 'two'])
})

test('a device whose clock is set back sends on: pauses are on a clock that nobody sets', async (t) => {
  const page = await after(503)
  page.passerby.track('one')
  await page.settle()
  page.status = 200
  t.mock.method(Date, 'now', () => 1700000000000)
  await page.settle(1100)
  assert.equal(page.passerby.debug().waiting, 0)
})

test('what was refused (too much keepalive, nobody there) is tried without keepalive, and on leaving with it', async () => {
  const page = await after(0)
  page.passerby.track('one')
  await page.settle()
  page.status = 200
  await page.settle(1100)
  assert.deepEqual(page.posts.map(({ how }) => how.keepalive), [true, false])
  page.status = 0
  page.passerby.track('two')
  await page.settle()
  page.page.dispatchEvent(new Event('pagehide'))
  assert.deepEqual(page.posts.map(({ how }) => how.keepalive), [true, false, true, true])
})

for (const [name, fetch] of [
  ['throws', () => { throw new Error('broken by the page') }],
  ['is gone', undefined],
  ['answers nothing', () => {}],
]) {
  test(`fetch ${name}: a beacon, which counts as delivered`, async () => {
    const beacons = []
    const sendBeacon = (to, body) => beacons.push([to, JSON.parse(body)])
    const page = await visit(WWW, { navigator: { sendBeacon }, globals: { fetch } })
    await page.settle(50)
    assert.equal(beacons.length, 1)
    assert.equal(beacons[0][0], WWW + '_t/v1/batch')
    assert.equal(beacons[0][1].batch[0].type, 'page')
    assert.deepEqual(leftovers(page), [])
  })
}

test('neither fetch nor beacon: nothing is lost, a later page delivers it', async () => {
  const first = await visit(WWW, { globals: { fetch: undefined } })
  await first.settle(50)
  assert.equal(leftovers(first).length, 1)
  first.page.dispatchEvent(new Event('pagehide'))
  const next = await visit(WWW + 'next', { profile: first.profile })
  await next.settle(50)
  assert.deepEqual(next.events().map(({ properties }) => properties.path).sort(), ['/', '/next'])
})

test('who asks for no cookies sends none, so no beacon either', async () => {
  const beacons = []
  const navigator = { globalPrivacyControl: true, sendBeacon: (...all) => beacons.push(all) }
  const page = await visit(WWW, { navigator, globals: { fetch: undefined } })
  await page.settle(50)
  assert.equal(beacons.length, 0)
  const heard = await visit(WWW, { navigator })
  await heard.settle(50)
  assert.equal(heard.posts[0].how.credentials, 'omit')
})

test('the queue is bounded, in storage and in memory', async () => {
  const page = await after(503)
  for (let i = 0; i < 300; i++) page.passerby.track('many', { text: 'x'.repeat(16000) })
  await page.settle()
  const [kept] = leftovers(page)
  assert.ok(kept.length <= 1048600 && kept.length > 1000000, String(kept.length))
})

test('a page that holds events shows that it lives, so that no other takes them', async () => {
  const navigator = { locks: locks() }
  const page = await after(503, { headers: { 'Retry-After': '900' } }, { navigator })
  page.passerby.track('mine')
  await page.settle()
  const other = await visit(WWW + 'other', { profile: page.profile, navigator })
  await other.settle()
  assert.deepEqual(other.events().map(({ event, type }) => event || type), ['page'])
  page.page.dispatchEvent(new Event('pagehide'))
  const next = await visit(WWW + 'next', { profile: page.profile, navigator })
  await next.settle()
  assert.deepEqual(next.events().map(({ event, type }) => event || type), ['page', 'mine'])
})

for (const [name, request] of [
  ['missing', undefined],
  ['throwing', () => { throw new Error('broken by the page') }],
  ['never granted', () => new Promise(() => {})],
  ['denied', async () => { throw new Error('SecurityError') }],
]) {
  test(`Web Locks ${name}: the page view goes out all the same`, async () => {
    const page = await visit(WWW, { navigator: { locks: request && { request } } })
    await page.settle(50)
    assert.deepEqual(page.events().map(({ type }) => type), ['page'])
  })
}

test('what another page has in hand is left to it', async () => {
  const asked = []
  const request = async (name, how, act) => (asked.push([name, how]), act(null))
  const profile = { cookies: new Map(), stored: { [new URL(WWW).origin]: { passerby_q1: '0\n{"messageId":"1","context":{}}' } } }
  const page = await visit(WWW, { profile, navigator: { locks: { request } } })
  await page.settle(50)
  assert.ok(asked.some(([name, { ifAvailable }]) => name === 'passerby_q1' && ifAvailable))
  assert.deepEqual(page.events().map(({ type }) => type), ['page'])
})

test('an identify that is too large goes out shorter, with its token', async () => {
  const page = await after(200)
  page.passerby.identify('ann', { text: 'x'.repeat(55000), plan: 'pro' }, { token: 'x'.repeat(3000) })
  page.passerby.track('later')
  await page.settle()
  const [identify, later] = page.events()
  assert.deepEqual([identify.traits.text.length, identify.traits.plan, identify.context.token.length], [258, 'pro', 3000])
  assert.ok(JSON.stringify(identify).length < 32768)
  assert.deepEqual([identify.context.altered > 0, later.event, later.context.altered], [true, 'later', undefined])
})

for (const [u, expected] of [
  ['https://www.shop.test/dir/', 'https://www.shop.test/dir/v1/batch'],
  ['https://collect.shop.test/dir/', 'https://collect.shop.test/dir/v1/batch'],
  ['https://stats.other.test/dir/', 'https://stats.other.test/dir/v1/batch'],
  ['https://ann:secret@www.shop.test/dir/', 'https://www.shop.test/dir/v1/batch'],
]) {
  test('the ingest directory of the configuration: ' + u, async () => {
    const page = await visit(WWW, { config: { u } })
    await page.settle(50)
    assert.equal(page.posts[0].to, expected)
    assert.equal(page.posts[0].how.credentials, u.includes('collect') || u.includes('www') ? 'include' : 'same-origin')
  })
}

for (const src of [WWW + '_t/s.js?v=/2#/x', 'https://ann:secret@www.shop.test/_t/s.js']) {
  test('beside the script: ' + src, async () => {
    const page = await visit(WWW, { src })
    await page.settle(50)
    assert.equal(page.posts[0].to, WWW + '_t/v1/batch')
  })
}

for (const src of [undefined, 'blob:https://www.shop.test/1', 'data:text/javascript,1', 'file:///s.js', 'about:blank']) {
  test('no address: nothing is sent anywhere, and the page is told why: ' + src, async (t) => {
    const said = t.mock.method(console, 'error', () => {})
    const page = await visit(WWW, { src })
    page.passerby.track('one')
    await page.settle()
    page.page.dispatchEvent(new Event('pagehide'))
    assert.equal(page.posts.length, 0)
    assert.equal(said.mock.callCount(), 1)
    assert.equal(page.passerby.debug().trace.filter(({ code }) => code === 'no_address').length, 1)
  })
}

test('what was never answered before a return from the back-forward cache is sent again', async () => {
  const page = await after(200)
  const { fetch } = page.globals
  const answers = [new Promise(() => {})]
  page.globals.fetch = undefined
  const frozen = await visit(WWW, { globals: { fetch: (to, how) => (fetch(to, how), answers.shift() || fetch(to, how)) } })
  await frozen.settle(50)
  frozen.page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
  frozen.page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await frozen.settle(50)
  assert.equal(frozen.passerby.debug().waiting, 0)
  const ids = page.events().map(({ messageId }) => messageId)
  assert.equal(new Set(ids).size, 2)
  assert.ok(ids.length > 2)
})

test('a denial and a new permission elsewhere, both between two looks: what is made then goes out', async () => {
  const page = await visit(WWW)
  await page.settle(50)
  page.passerby.track('before')
  page.cookies.set('passerby_consent@.shop.test', 'denied')
  await page.settle(400)
  page.cookies.set('passerby_consent@.shop.test', 'granted')
  page.passerby.track('after')
  await page.settle(600)
  assert.deepEqual(page.events().map(({ event }) => event), [undefined, 'after'])
})

test('after a pause is over, events do not wait for its end', async () => {
  const page = await visit(WWW)
  await page.settle(50)
  page.status = 503
  page.headers = { 'Retry-After': '30' }
  page.passerby.track('one')
  await page.settle(400)
  page.status = 200
  page.headers = {}
  page.document.hidden = true
  page.page.dispatchEvent(new Event('visibilitychange'))
  page.passerby.track('two')
  await page.settle(600)
  assert.deepEqual(page.events().map(({ event }) => event), [undefined, 'one', 'one', 'two'])
})

test('online without an event of it (a page that slept): what waits goes out by itself', async () => {
  const navigator = { onLine: true }
  const page = await visit(WWW, { globals: faster(400), navigator })
  await page.settle(50)
  page.globals.navigator.onLine = false
  page.passerby.track('one')
  await page.settle(100)
  page.globals.navigator.onLine = true
  page.page.dispatchEvent(new Event('focus'))
  page.page.dispatchEvent(new Event('visibilitychange'))
  await page.settle(400)
  assert.deepEqual(page.events().map(({ event }) => event), [undefined, 'one'])
})
