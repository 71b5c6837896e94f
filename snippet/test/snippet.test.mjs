import assert from 'node:assert/strict'
import test from 'node:test'
import { browser } from './support/browser.mjs'
import { CONFIG, WWW, start, visit } from './support/visit.mjs'

const OLD = '018f0000-0000-7000-8000-000000000001'
const NEW = '018f0000-0000-7000-8000-000000000002'

test('a page view, a cookie on the widest domain, one request beside the script', async () => {
  const page = await visit(WWW + 'a?utm_source=news#top')
  await page.settle()
  assert.equal(page.posts.length, 1)
  assert.equal(page.posts[0].to, WWW + '_t/v1/batch')
  assert.equal(page.posts[0].body.writeKey, 'key')
  const [event] = page.events()
  assert.equal(event.type, 'page')
  assert.deepEqual([event.properties.url, event.properties.path, event.properties.search], [WWW + 'a?utm_source=news', '/a', undefined])
  assert.equal(page.cookies.get('passerby@.shop.test'), event.anonymousId)
})

const chosen = [
  ['cookie before all', { 'passerby@.shop.test': NEW, 'passerby_id@.shop.test': OLD }, OLD, NEW],
  ['the collector’s where it is missing', { 'passerby_id@.shop.test': OLD }, NEW, OLD],
  ['malformed is replaced', { 'passerby@.shop.test': 'junk' }, NEW, NEW],
  ['of twins that on the site’s domain', { 'passerby@www.shop.test': OLD, 'passerby@.shop.test': NEW }, '', NEW],
  ['of twins that on the site’s domain, the other way round', { 'passerby@www.shop.test': NEW, 'passerby@.shop.test': OLD }, '', OLD],
]
for (const [name, cookies, mirror, expected] of chosen) {
  test('anonymous id: ' + name, async () => {
    const profile = { cookies: new Map(Object.entries(cookies)), stored: { [new URL(WWW).origin]: mirror ? { passerby: mirror } : {} } }
    const page = await visit(WWW, { profile })
    assert.equal(page.passerby.id(), expected)
    assert.equal(page.cookies.get('passerby@.shop.test'), expected)
    assert.equal(page.cookies.has('passerby@www.shop.test'), false)
  })
}

test('the domain is probed where the site names none', async () => {
  const page = await visit(WWW, { config: { d: [] } })
  assert.deepEqual([...page.cookies.keys()], ['passerby@.shop.test'])
})

test('storage blocked: one id for the page, flagged', async () => {
  const page = await visit(WWW, { blocked: true })
  page.passerby.track('a')
  await page.settle()
  assert.equal(new Set(page.events().map((event) => event.anonymousId)).size, 1)
  assert.equal(page.events()[1].context.storage, 'memory')
})

test('identify keeps the id, tells it once, and stamps what follows', async () => {
  const page = await visit()
  const id = page.passerby.id()
  page.passerby.identify('ann', { plan: 'pro' })
  page.passerby.identify('ann', { plan: 'pro' })
  page.passerby.track('bought')
  await page.settle()
  const [, identify, bought] = page.events()
  assert.deepEqual([identify.type, identify.userId, identify.anonymousId, identify.context.anonymousIds], ['identify', 'ann', id, [id]])
  assert.deepEqual([bought.event, bought.userId], ['bought', 'ann'])
  assert.equal(page.cookies.get('passerby@.shop.test'), id + '.ann')
})

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl-_'

/** All that a page leaves in the browser. */
const left = ({ profile }) => JSON.stringify([[...profile.cookies], profile.stored])

test('a token goes out with identify, and with nothing else', async () => {
  const page = await visit()
  const told = []
  page.passerby.on('event', (event) => told.push(event))
  page.passerby.track('before')
  page.passerby.identify('ann', { plan: 'pro' }, { token: JWT })
  page.passerby.track('after')
  await page.settle(1)
  assert.match(left(page), /identify/)
  assert.ok(!left(page).includes('eyJ'))
  await page.settle()
  assert.deepEqual(page.events().map(({ context }) => context.token), [undefined, undefined, JWT, undefined])
  assert.equal(page.events()[2].traits.plan, 'pro')
  assert.ok(!left(page).includes('eyJ'))
  assert.ok(!JSON.stringify([told, page.passerby.debug()]).includes('eyJ'))
})

test('with a token the same is told once more, and a fresh one is no news', async () => {
  const page = await visit()
  page.passerby.identify('ann')
  page.passerby.identify('ann', {}, { token: 'one' })
  page.passerby.identify('ann', {}, { token: 'two' })
  page.passerby.identify('ann')
  await page.settle()
  assert.deepEqual(page.events().slice(1).map(({ type, context }) => [type, context.token]), [['identify', undefined], ['identify', 'one']])
})

test('a token for an address; one that is none breaks nothing', async () => {
  const page = await visit()
  page.passerby.identify({ email: 'ann@shop.test' }, { token: JWT })
  page.passerby.identify('ann', { token: 'mine' }, { token: '"}}\n\\' })
  page.passerby.identify('ann', { plan: 'pro' }, 'not an object')
  await page.settle()
  const [, address, odd, plain] = page.events()
  assert.deepEqual([address.userId, address.traits, address.context.token], [undefined, { email: 'ann@shop.test' }, JWT])
  assert.deepEqual([odd.userId, odd.traits, odd.context.token], ['ann', { token: 'mine' }, '%22%7D%7D%0A%5C'])
  assert.deepEqual([plain.traits, plain.context.token], [{ plan: 'pro' }, undefined])
})

test('an identify that a later page delivers has no token any more', async () => {
  const first = await visit()
  await first.settle()
  first.status = 503
  first.passerby.identify('ann', {}, { token: JWT })
  await first.settle()
  assert.equal(first.events().at(-1).context.token, JWT)
  first.page.dispatchEvent(new Event('pagehide'))
  const next = await visit(WWW + 'next', { profile: first.profile })
  await next.settle()
  assert.deepEqual(next.events().map(({ type, context }) => [type, context.token]), [['page', undefined], ['identify', undefined]])
})

test('the bytes of a token count: no request grows past what a browser carries', async () => {
  const page = await visit()
  await page.settle()
  page.passerby.track('large', { text: 'x'.repeat(28000) })
  page.passerby.track('large', { text: 'x'.repeat(25000) })
  page.passerby.identify('ann', {}, { token: 'x'.repeat(8000) })
  await page.settle(900)
  assert.deepEqual(page.posts.slice(1).map(({ body }) => body.batch.length), [2, 1])
  assert.equal(page.events().at(-1).context.token.length, 8000)
})

test('somebody acts for a user: everything says so, until an identify without, or reset', async () => {
  const page = await visit()
  page.passerby.identify('ann', {}, { actor: 'staff-7', token: JWT })
  page.passerby.track('one')
  page.passerby.page()
  page.passerby.identify('ann')
  page.passerby.track('two')
  page.passerby.identify('ann', {}, { actor: 'staff-7' })
  page.passerby.track('three')
  page.passerby.reset()
  page.passerby.track('four')
  page.passerby.identify('ann')
  page.passerby.identify('ann', {}, { actor: 'staff-8' })
  page.passerby.identify('bob')
  await page.settle()
  const actors = page.events().slice(1).map(({ type, event, context }) => [event || type, context.actor])
  assert.deepEqual(actors, [
    ['identify', 'staff-7'], ['one', 'staff-7'], ['page', 'staff-7'], ['identify', undefined], ['two', undefined], ['identify', 'staff-7'],
    ['three', 'staff-7'], ['four', undefined], ['identify', undefined], ['identify', 'staff-8'], ['identify', undefined],
  ])
  assert.ok(!left(page).includes('staff'))
})

test('whoever acts or no longer does is told, also when the same was told before', async () => {
  const page = await visit()
  const staff = { actor: 'staff-7' }
  ;[undefined, undefined, staff, staff, undefined, staff].forEach((options) => page.passerby.identify('ann', {}, options))
  await page.settle()
  assert.deepEqual(page.events().slice(1).map(({ context }) => context.actor), [undefined, 'staff-7', undefined, 'staff-7'])
})

test('a login in another tab ends it here as well', async () => {
  const page = await visit()
  page.passerby.identify('ann', {}, { actor: 'staff-7' })
  await page.settle(1)
  page.cookies.set('passerby@.shop.test', NEW + '.bob')
  page.passerby.track('his')
  await page.settle()
  const his = page.events().at(-1)
  assert.deepEqual([his.userId, his.context.actor], ['bob', undefined])
})

test('who is told again after a rotation is told with token and actor', async () => {
  const page = await visit()
  page.passerby.identify('ann', { plan: 'pro' }, { token: JWT, actor: 'staff-7' })
  page.answer = { rotate: [page.passerby.id()] }
  await page.settle(600)
  page.passerby.track('after')
  await page.settle()
  const [, , again, after] = page.events()
  assert.deepEqual([again.type, again.traits, again.context.token, again.context.actor], ['identify', {}, JWT, 'staff-7'])
  assert.deepEqual([again.context.anonymousIds, after.context.actor, after.context.token], [[again.anonymousId], 'staff-7', undefined])
})

test('a token that waited for consent goes out with it', async () => {
  const page = await visit(WWW, { config: { q: true } })
  page.passerby.identify('ann', {}, { token: JWT })
  assert.ok(!left(page).includes('eyJ'))
  page.passerby.consent('granted')
  await page.settle()
  assert.equal(page.events().find(({ type }) => type === 'identify').context.token, JWT)
})

test('somebody else gets another id, and claims nothing of the first', async () => {
  const page = await visit()
  page.passerby.identify('ann')
  const before = page.passerby.id()
  page.passerby.identify('bob')
  await page.settle()
  const bob = page.events()[2]
  assert.notEqual(bob.anonymousId, before)
  assert.deepEqual(bob.context.anonymousIds, [bob.anonymousId])
})

test('reset: a new id, nobody, and queued events keep who they were', async () => {
  const page = await visit()
  page.passerby.identify('ann')
  page.passerby.track('before')
  const before = page.passerby.id()
  page.cookies.set('passerby_id@.shop.test', before)
  page.passerby.reset()
  page.passerby.track('after')
  await page.settle()
  const named = (name) => page.events().find((event) => event.event === name)
  assert.deepEqual([named('before').userId, named('before').anonymousId], ['ann', before])
  assert.equal(named('after').userId, undefined)
  assert.notEqual(named('after').anonymousId, before)
  assert.equal(page.cookies.has('passerby_id@.shop.test'), false)
})

test('a late answer brings no id back that was left', async () => {
  const page = await visit()
  await page.settle(50)
  const before = page.passerby.id()
  page.passerby.reset()
  page.cookies.set('passerby_id@.shop.test', before)
  page.passerby.page()
  await page.settle(50)
  assert.equal(page.cookies.has('passerby_id@.shop.test'), false)
  page.cookies.set('passerby_id@.shop.test', page.passerby.id())
  page.passerby.page()
  await page.settle(50)
  assert.equal(page.cookies.has('passerby_id@.shop.test'), true)
})

/** An anonymous id that was made so many milliseconds after another. */
const laterThan = (id, ms) => (parseInt(id.replace('-', ''), 16) + ms).toString(16).padStart(12, '0').replace(/(.{8})/, '$1-') + id.slice(13)

for (const [ms, joined] of [[2000, true], [20000, false]]) {
  test(`another tab's id, ${ms} ms younger: ${joined ? 'the same visitor' : 'somebody else'}`, async () => {
    const page = await visit()
    const first = page.passerby.id()
    const second = laterThan(first, ms)
    await page.settle(1)
    page.cookies.set('passerby@.shop.test', second)
    page.passerby.identify('ann')
    await page.settle()
    assert.deepEqual(page.events().at(-1).context.anonymousIds, joined ? [second, first] : [second])
  })
}

test('refusals have codes and change nothing', async () => {
  const page = await visit()
  const codes = []
  page.passerby.on('refused', ({ code }) => codes.push(code))
  const circle = {}
  circle.itself = circle
  page.passerby.identify('ann')
  page.passerby.identify('null')
  page.passerby.identify(() => 1)
  page.passerby.identify()
  page.passerby.track('')
  page.passerby.track('circle', circle)
  page.passerby.track('large', { text: 'x'.repeat(60000) })
  page.passerby.track('fine')
  assert.deepEqual(codes, ['illegal_id', 'illegal_id', 'illegal_id', 'event_name'])
  await page.settle()
  assert.equal(page.events().at(-1).userId, 'ann')
})

test('single-page navigation: one view each, the page before as referrer', async () => {
  const page = await visit(WWW + 'a')
  page.history.replaceState(null, '', '/b')
  page.history.pushState(null, '', '/b')
  await page.settle(60)
  page.history.pushState(null, '', '/b#part')
  await page.settle(60)
  page.history.pushState(null, '', '/c')
  await page.settle()
  assert.deepEqual(page.events().map(({ properties }) => [properties.path, properties.referrer]), [['/a', ''], ['/b', WWW + 'a'], ['/c', WWW + 'b']])
})

test('a look that was meant for the page before does not take its title for the next one', async () => {
  const page = await visit(WWW + 'a')
  await page.settle()
  const idle = []
  page.page.requestIdleCallback = (call) => idle.push(call)
  for (const path of ['/b', '/c']) {
    page.history.pushState(null, '', path)
    await page.settle(60)
  }
  idle[0]()
  page.globals.document.title = 'C'
  idle[1]()
  await page.settle()
  assert.deepEqual(page.events().slice(1).map(({ properties }) => [properties.path, properties.title]), [['/c', 'C']])
})

test('what a page could not deliver, the next one does', async () => {
  const first = await visit()
  await first.settle()
  first.status = 503
  first.passerby.track('kept')
  await first.settle()
  first.page.dispatchEvent(new Event('pagehide'))
  const next = await visit(WWW + 'next', { profile: first.profile })
  await next.settle()
  assert.deepEqual(next.events().map((event) => event.event || event.type), ['page', 'kept'])
})

test('the queue is bounded, and says what it dropped', async () => {
  const page = await visit()
  await page.settle()
  page.status = 503
  for (let i = 0; i < 600; i++) page.passerby.track('many', { text: 'x'.repeat(10000) })
  await page.settle(10)
  for (let i = 0; i < 10; i++) page.passerby.track('more', { text: 'x'.repeat(10000) })
  await page.settle(10)
  const kept = Object.entries(page.profile.stored[new URL(WWW).origin]).find(([key]) => key.startsWith('passerby_q'))[1]
  assert.ok(kept.length <= 1048600)
  const lines = kept.split('\n').map((line) => JSON.parse(line))
  // What found no room in storage is in memory still; the last line says how many there are.
  const left = lines.pop()
  const events = lines.concat(Array(left).fill({ context: {} }))
  const dropped = lines.reduce((sum, event) => sum + (event.context.dropped || 0), 0)
  // What the last event itself pushed out is told by the next one.
  const untold = 610 - events.length - dropped
  assert.ok(dropped > 100 && untold >= 0 && untold <= 10, JSON.stringify([events.length, dropped]))
})

test('corrupt leftovers are skipped', async () => {
  const profile = { cookies: new Map(), stored: { [new URL(WWW).origin]: { passerby_q1: 'x\n{half\nnull\n[]', passerby_q2: '0', passerby: '{}' } } }
  const page = await visit(WWW, { profile })
  await page.settle()
  assert.deepEqual(page.events().map((event) => event.type), ['page'])
})

test('an id that the collector wants left behind is left behind, once', async () => {
  const page = await visit()
  page.passerby.identify('ann')
  const before = page.passerby.id()
  page.answer = { rotate: [before] }
  await page.settle(600)
  const again = page.events().filter((event) => event.type === 'identify')
  assert.deepEqual(again.map((event) => [event.userId, event.anonymousId === before]), [['ann', true], ['ann', false]])
})

test('consent: nothing before, all after, nothing left once denied', async () => {
  const page = await visit(WWW, { config: { q: true } })
  page.passerby.track('early')
  page.passerby.identify('ann')
  await page.settle()
  assert.deepEqual([page.posts.length, page.cookies.size, page.passerby.id()], [0, 0, undefined])
  assert.deepEqual(page.profile.stored[new URL(WWW).origin], {})
  page.passerby.consent('granted')
  await page.settle()
  assert.deepEqual(page.events().map((event) => event.type).sort(), ['identify', 'page'])
  page.passerby.consent('denied')
  page.passerby.track('late')
  await page.settle()
  assert.deepEqual([...page.cookies], [['passerby_consent@.shop.test', 'denied']])
  assert.deepEqual(page.profile.stored[new URL(WWW).origin], {})
  assert.equal(page.events().length, 2)
})

test('Global Privacy Control: nothing stored, or nothing sent', async () => {
  const navigator = { globalPrivacyControl: true }
  const page = await visit(WWW, { navigator })
  await page.settle()
  assert.deepEqual([page.events().length, page.cookies.size], [1, 0])
  const off = await visit(WWW, { navigator, config: { g: 'off' } })
  await off.settle()
  assert.equal(off.posts.length, 0)
})

test('final answers drop', async () => {
  const page = await visit()
  await page.settle()
  page.status = 413
  ;['a', 'b', 'c', 'd'].forEach((name) => page.passerby.track(name))
  await page.settle(500)
  assert.deepEqual(page.posts.slice(1).map((post) => post.body.batch.length), [4])
  assert.equal(page.passerby.debug().waiting, 0)
})

test('two copies make one instance, and the loader’s calls are carried out as of when they were made', async () => {
  const page = browser(WWW)
  page.page.passerby = { q: [['track', ['early'], { url: WWW + 'before', title: 'Before', referrer: '' }, 1700000000000]] }
  await start(page, CONFIG)
  await start(page, CONFIG)
  page.page.passerby.q.push(['track', ['kept reference'], { url: WWW, title: '', referrer: '' }, Date.now()])
  await page.settle()
  const [view, early, kept] = page.events()
  assert.deepEqual([view.type, early.event, kept.event, page.events().length], ['page', 'early', 'kept reference', 3])
  assert.deepEqual([early.context.page.title, early.context.page.path, early.timestamp], ['Before', '/before', '2023-11-14T22:13:20.000Z'])
})
