import assert from 'node:assert/strict'
import { register } from 'node:module'
import test from 'node:test'
import { assemble, compile, compilePart } from '../compile.mjs'
import { browser } from './support/browser.mjs'
import { CONFIG, WWW } from './support/visit.mjs'

const text = assemble(await compile(), [await compilePart('later')])

/** What the file brings: a note of its address, one part that throws, and one that notes what it is given. */
const FILE = `globalThis.asked.push(import.meta.url)
  export default [() => { throw new Error("broken") }, (core, loaded) => globalThis.noted.push([Array.isArray(core), loaded])]`
const FILES = { s: FILE, throws: 'throw new Error("not here")', malformed: 'no script {', other: 'export const other = 1' }

/** Node loads no modules from https: here it finds one of FILES there, by the beginning of its name. */
const hooks = `const files = ${JSON.stringify(FILES)}
  const isOurs = (url) => /^https:/.test(url)
  export const resolve = (url, context, next) => isOurs(url) ? { url, shortCircuit: true } : next(url, context)
  export const load = (url, context, next) =>
    isOurs(url) ? { format: 'module', source: files[/([a-z]+)[.][^/]*$/.exec(url)[1]], shortCircuit: true } : next(url, context)`
register('data:text/javascript,' + encodeURIComponent(hooks))

let count = 0

/** A page whose script brings a file later; `asked` are the addresses of the file, `noted` what its part was given. */
const visit = async ({ file = 's', config, copies = 1, url = WWW, ...options } = {}) => {
  const page = browser(url, undefined, options)
  // An address is loaded once: each page has another one.
  const name = `${file}.${++count}.js`
  Object.assign(page, { name, asked: (globalThis.asked = []), noted: (globalThis.noted = []) })
  if (options.refused) page.status = 0
  const globals = { ...page.globals, __PASSERBY__: { ...CONFIG, l: name, ...config } }
  const run = new Function(...Object.keys(globals), text)
  for (let copy = 0; copy < copies; copy++) run(...Object.values(globals))
  page.passerby = page.page.passerby
  // Without a tag of ours another script may set the title yet.
  await page.settle(options.src === '' ? 700 : 100)
  return page
}

const codes = (page) => page.passerby.debug().trace.map(({ code }) => code)

test('later: once, beside the script, with what the core shares and the page that was loaded', async () => {
  const page = await visit({ src: 'https://www.shop.test/_t/s.js?v=1/2#a/b', copies: 2 })
  page.globals.history.pushState({}, '', '/next')
  await page.settle()
  assert.equal(page.events().length, 2)
  assert.deepEqual(page.asked, ['https://www.shop.test/_t/' + page.name])
  assert.equal(page.noted.length, 1)
  const [[isShared, loaded]] = page.noted
  assert.equal(isShared, true)
  assert.deepEqual([loaded.url, loaded.title], [WWW, 'Title'])
  assert.ok(codes(page).includes('loaded'))
})

const addresses = [
  ['a name in the address of the script', 'https://ann:secret@www.shop.test/_t/s.js', {}, 'https://www.shop.test/_t/'],
  ['no tag', '', { u: 'https://stats.shop.test/p/' }, 'https://stats.shop.test/p/'],
  ['a tag with another address than the collector', 'https://cdn.test/a/s.js', { u: 'https://stats.shop.test/p/' }, 'https://cdn.test/a/'],
  ['a script from a blob', 'blob:https://www.shop.test/1', { u: 'https://stats.shop.test/p/' }, 'https://stats.shop.test/p/'],
]
for (const [name, src, config, folder] of addresses) {
  test('later: ' + name, async () => {
    const page = await visit({ src, config })
    assert.deepEqual(page.asked, [folder + page.name])
  })
}

test('later: nothing before consent, and nothing for who asks for none', async () => {
  const asking = await visit({ config: { q: true } })
  assert.deepEqual(asking.asked, [])
  asking.passerby.consent('granted')
  await asking.settle(100)
  assert.equal(asking.asked.length, 1)
  const denied = await visit({ config: { q: true } })
  denied.passerby.consent('denied')
  await denied.settle(100)
  assert.deepEqual(denied.asked, [])
  const off = await visit({ config: { g: 'off' }, navigator: { globalPrivacyControl: true } })
  assert.deepEqual(off.asked, [])
})

test('later: not before the collector has answered, and of the page that was loaded', async () => {
  const page = await visit({ refused: true })
  assert.deepEqual([page.posts.length, page.asked], [1, []])
  page.globals.history.pushState({}, '', '/next')
  page.document.title = 'Next'
  page.status = 200
  page.page.dispatchEvent(new Event('online'))
  await page.settle()
  assert.equal(page.asked.length, 1)
  assert.deepEqual([page.noted[0][1].url, page.noted[0][1].title], [WWW, 'Title'])
})

test('later: what cannot be loaded is noted, and nothing is thrown into the page', async () => {
  const thrown = []
  const note = (error) => thrown.push(error)
  process.on('unhandledRejection', note)
  for (const file of ['throws', 'malformed', 'other']) {
    const page = await visit({ file })
    page.passerby.track('after')
    await page.settle()
    assert.deepEqual(page.events().map(({ type }) => type), ['page', 'track'])
    assert.ok(codes(page).includes('not_loaded'), file)
  }
  process.off('unhandledRejection', note)
  assert.deepEqual(thrown, [])
})
