import assert from 'node:assert/strict'
import test from 'node:test'
import vm from 'node:vm'
import { assemble, compile, compilePart, cores, parts } from '../compile.mjs'
import { browser } from './support/browser.mjs'
import { CONFIG, WWW, start, visit } from './support/visit.mjs'

// What a page does until its first page view is on its way, and what waits until then.

/** A page whose `fetch` looks around first: the cookies and what is stored at that moment, for each request. */
const observed = async (profile, options) => {
  const page = browser(WWW, profile, options)
  const { fetch } = page.globals
  const seen = []
  page.globals.fetch = (...request) => {
    seen.push({ cookies: [...page.profile.cookies.keys()], stored: { ...page.profile.stored[new URL(WWW).origin] } })
    return fetch(...request)
  }
  await start(page, CONFIG)
  await page.settle(50)
  return { ...page, seen, cookies: page.profile.cookies }
}

test('the first page view goes first, its id kept in storage before and in the cookie right behind', async () => {
  const { seen, cookies, events } = await observed()
  const { anonymousId, context } = events()[0]
  assert.deepEqual(seen[0].cookies, [])
  assert.equal(seen[0].stored.passerby, anonymousId)
  assert.equal(context.storage, undefined)
  assert.equal(cookies.get('passerby@.shop.test'), anonymousId)
})

test('where only cookies can be kept, the cookie goes before', async () => {
  const page = browser(WWW)
  page.globals.localStorage = undefined
  await start(page, CONFIG)
  await page.settle(50)
  const [{ anonymousId, context }] = page.events()
  assert.equal(context.storage, undefined)
  assert.equal(page.profile.cookies.get('passerby@.shop.test'), anonymousId)
})

test('a cookie that is there is written anew by each page, once', async () => {
  const first = await visit()
  const id = first.passerby.id()
  await first.settle(50)
  const next = await visit(WWW, { profile: first.profile })
  next.passerby.track('a')
  next.passerby.track('b')
  await next.settle()
  assert.deepEqual(next.written.map((text) => text.split('; ')[0]), ['passerby=' + id])
  assert.ok(next.written[0].includes('Max-Age=34560000'))
})

const APP = 'https://app.shop.test/'
const OLD = '018f0000-0000-7000-8000-000000000001'
const NEW = '018f0000-0000-7000-8000-000000000002'

for (const [stored, id] of [[undefined, OLD], [OLD + '.ann', OLD], [NEW + '.bob', OLD], [NEW, OLD]]) {
  test('whom the collector’s cookie brings back is nobody yet, whatever storage says: ' + stored, async () => {
    const profile = { cookies: new Map([['passerby_id@.shop.test', OLD]]), stored: { [new URL(WWW).origin]: stored ? { passerby: stored } : {} } }
    const page = await visit(WWW, { profile })
    await page.settle(50)
    assert.deepEqual(page.events().map(({ anonymousId, userId }) => [anonymousId, userId]), [[id, undefined]])
  })
}

test('where scripts cannot write cookies, login and reset hold against the collector’s', async () => {
  const page = await visit(WWW, { unwritable: true })
  const id = page.passerby.id()
  page.profile.cookies.set('passerby_id@.shop.test', id)
  page.passerby.identify('ann')
  page.passerby.track('as ann')
  page.passerby.reset()
  page.passerby.track('as nobody')
  await page.settle()
  const [, identify, ann, nobody] = page.events()
  assert.deepEqual([identify.userId, ann.userId, nobody.userId], ['ann', 'ann', undefined])
  assert.notEqual(nobody.anonymousId, id)
  assert.equal(page.passerby.id(), nobody.anonymousId)
})

test('what another tab has written is taken over, and not written again', async () => {
  const page = await visit()
  await page.settle(50)
  const other = await visit(WWW, { profile: page.profile })
  await other.settle(50)
  const before = page.written.length
  other.passerby.identify('ann')
  page.page.dispatchEvent(new Event('storage'))
  page.passerby.track('a')
  await page.settle()
  assert.equal(page.events()[1].userId, 'ann')
  assert.equal(page.written.length, before)
})

test('an answer about consent holds for the page where nothing can be kept', async () => {
  const asking = await visit(WWW, { blocked: true, config: { q: true } })
  asking.passerby.track('before')
  asking.passerby.consent('granted')
  asking.passerby.track('after')
  await asking.settle()
  assert.deepEqual(asking.events().map(({ type }) => type), ['page', 'track'])
  asking.passerby.consent('denied')
  asking.passerby.track('never')
  await asking.settle()
  assert.equal(asking.posts.length, 2)
  assert.equal(asking.passerby.debug().refusal, 'opted_out')
})

test('what was told of somebody is told again once it was something else in between', async () => {
  const page = await visit()
  for (const plan of ['free', 'pro', 'pro', 'free']) page.passerby.identify('ann', { plan })
  await page.settle()
  assert.deepEqual(page.events().slice(1).map(({ traits }) => traits.plan), ['free', 'pro', 'free'])
})

const texts = await Promise.all(parts.map((part) => compilePart(part)))
for (const [core, chosen] of cores.flatMap((core) => [[], ...texts.map((text) => [text]), texts].map((chosen) => [core, chosen]))) {
  test(`compiled ahead, and no name of ours becomes a property of the page: ${core}, parts ${chosen.map((text) => parts[texts.indexOf(text)])}`, async () => {
    const page = vm.createContext({})
    const text = assemble(await compile(core), chosen)
    assert.match(text, /^\/\/# allFunctionsCalledOnLoad\ntry\{/)
    const names = () => vm.runInContext('Object.getOwnPropertyNames(globalThis).join()', page)
    const before = names()
    vm.runInContext(text.replace('__PASSERBY__', '{}'), page)
    assert.equal(names(), before)
  })
}

test('who clears the site’s data takes consent back', async () => {
  const page = await visit(WWW, { config: { q: true } })
  page.passerby.consent('granted')
  await page.settle(50)
  assert.equal(page.posts.length, 1)
  page.cookies.clear()
  for (const key of Object.keys(page.profile.stored[new URL(WWW).origin])) delete page.profile.stored[new URL(WWW).origin][key]
  page.page.dispatchEvent(new Event('focus'))
  page.passerby.track('after')
  await page.settle()
  assert.deepEqual([...page.cookies.keys()], [])
  assert.equal(page.posts.length, 1)
})

test('a page’s own global with a q: nothing is thrown into the page', async () => {
  const thrown = []
  const note = (error) => thrown.push(error)
  process.on('unhandledRejection', note)
  const page = browser(WWW)
  page.page.passerby = { q: 'question' }
  await start(page, CONFIG)
  await page.settle(100)
  process.off('unhandledRejection', note)
  assert.deepEqual(thrown, [])
})

test('a page that has broken requestIdleCallback: nothing is thrown into it, and its view counts at the next look', async () => {
  const thrown = []
  const note = (error) => thrown.push(error)
  process.on('uncaughtException', note)
  const page = await visit()
  page.page.requestIdleCallback = () => {
    throw new Error('broken')
  }
  page.history.pushState(null, '', '/b')
  await page.settle(60)
  process.off('uncaughtException', note)
  assert.deepEqual(thrown, [])
  page.page.dispatchEvent(new Event('focus'))
  await page.settle()
  assert.deepEqual(page.events().map(({ properties }) => properties.path), ['/', '/b'])
})

test('localStorage that keeps nothing and says nothing: one id', async () => {
  const localStorage = { getItem: () => null, setItem() {}, removeItem() {} }
  const page = await visit(WWW, { globals: { localStorage } })
  page.passerby.track('a')
  await page.settle()
  assert.equal(new Set(page.events().map(({ anonymousId }) => anonymousId)).size, 1)
})

test('a first page that is offline: its id is on the other subdomain before it is sent', async () => {
  const page = await visit(WWW, { navigator: { onLine: false } })
  await page.settle(50)
  assert.equal(page.posts.length, 0)
  assert.equal(page.cookies.get('passerby@.shop.test'), page.passerby.id())

  const app = await visit(APP, { profile: page.profile })
  await app.settle(50)
  page.globals.navigator.onLine = true
  page.page.dispatchEvent(new Event('online'))
  await page.settle()
  page.passerby.track('a')
  await page.settle()
  assert.equal(new Set([...page.events(), ...app.events()].map(({ anonymousId }) => anonymousId)).size, 1)
})
