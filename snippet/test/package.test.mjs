import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { build } from 'esbuild'
import { init, load } from 'passerby-snippet'
import { browser } from './support/browser.mjs'

const read = (path) => readFile(new URL('../' + path, import.meta.url), 'utf8')
const WWW = 'https://www.shop.test/'
const SRC = '/_t/s.js'
const SETTINGS = { writeKey: 'key', ingest: '/_t', domains: ['shop.test'] }

/** The built module in a page of its own. */
const importedIn = async (page) => {
  const text = await read('dist/index.js')
  const body = text.replace(/export \{[^}]*\};\s*$/, 'return { init, load }')
  return new Function(...Object.keys(page.globals), body)(...Object.values(page.globals))
}

const visit = async (url = WWW) => {
  const page = browser(url)
  const scripts = []
  Object.assign(page.document, {
    baseURI: url,
    createElement: () => ({}),
    head: { appendChild: (script) => scripts.push(script) },
  })
  return { ...page, scripts, module: await importedIn(page) }
}

test('on a server nothing happens, and nothing is thrown', () => {
  for (const passerby of [load({ src: SRC }), init(SETTINGS)]) {
    passerby.track('a', { b: 1 })
    passerby.identify('user-7')
    passerby.on('event', assert.fail)
    passerby.ready(assert.fail)
    passerby.reset()
    assert.equal(passerby.id(), undefined)
    assert.equal(passerby.debug(), undefined)
  }
})

/** The loader as it is pasted, but for the address. */
const loaderText = async () => (await read('../templates/loader.js')).replace('{{ queue }}', (await read('../templates/queue.js')).trim())

test('every call of the snippet is there, as in the loader', async () => {
  const methods = Object.keys(load({ src: SRC }))
  const loader = JSON.parse(/names = (\[[^\]]+\])/.exec(await read('../templates/queue.js'))[1])
  const page = await visit()
  const installed = Object.keys(page.module.init(SETTINGS)).filter((name) => name.length > 1)
  assert.deepEqual([methods, installed.sort()], [loader, [...loader].sort()])
})

const wrong = [
  [load, undefined, /load\(\): src must be/],
  [load, { src: undefined }, /src must be/],
  [load, { src: 'rpvzuuuf/xl1458.js' }, /src must be an address/],
  [load, { src: SRC, async: true }, /async is no option/],
  [init, { ingest: '/_t' }, /init\(\): writeKey must be/],
  [init, { ...SETTINGS, ingest: new URL(WWW) }, /ingest must be/],
  [init, { ...SETTINGS, domains: 'shop.test' }, /domains must be a list/],
  [init, { ...SETTINGS, domains: ['https://shop.test'] }, /domains must be a list of domains, like/],
  [init, { ...SETTINGS, writeKey: 'sk_0123' }, /writeKey must be the write_key/],
  [init, { ...SETTINGS, cookieName: 'a;b' }, /cookieName must be a name/],
  [init, { ...SETTINGS, privacySignals: 'on' }, /privacySignals must be/],
  [init, { ...SETTINGS, consentRequired: 'yes' }, /consentRequired must be true or false/],
  [init, { ...SETTINGS, consentrequired: true }, /consentrequired is no option/],
]
for (const [entrance, options, message] of wrong) {
  test(`a wrong option is thrown, on a server too: ${message.source}`, () => {
    assert.throws(() => entrance(options), { name: 'TypeError', message })
  })
}

test('load records calls and brings the script once', async () => {
  const { module, page, scripts } = await visit()
  const passerby = module.load({ src: SRC, nonce: 'n', integrity: 'sha384-x' })
  assert.equal(module.load({ src: SRC }), passerby)
  assert.equal(page.passerby, passerby)
  assert.deepEqual(scripts, [{ async: true, nonce: 'n', integrity: 'sha384-x', crossOrigin: 'anonymous', src: SRC }])
  passerby.track('early', { n: 1 })
  const [[name, args, place, time]] = passerby.q
  assert.deepEqual([name, args, place], ['track', ['early', { n: 1 }], { url: WWW, title: 'Title', referrer: '' }])
  assert.ok(Math.abs(Date.now() - time) < 60_000)
})

test('what load records is what the loader records', async () => {
  const recorded = async (record) => {
    const { page, globals, module } = await visit()
    record({ page, module, document: Object.assign(globals.document, { currentScript: null }), location: globals.location })
    page.passerby.track('early')
    return page.passerby.q[0].slice(0, 3)
  }
  const text = (await loaderText()).replace(/"?\{\{ script_url \}\}"?/, `"${SRC}"`).replace('{{ integrity }}', '')
  const loader = ({ page, document, location }) => new Function('window', 'document', 'location', text)(page, document, location)
  assert.deepEqual(await recorded(({ module }) => module.load({ src: SRC })), await recorded(loader))
})

const recorders = {
  load: ({ module }) => module.load({ src: SRC }),
  queue: async ({ page, globals }) => run(await read('../templates/queue.js'), page, globals),
  loader: async ({ page, globals }) => run((await loaderText()).replace('{{ script_url }}', `"${SRC}"`).replace('{{ integrity }}', ''), page, globals),
}
const run = (text, page, { document, location }) => new Function('window', 'document', 'location', text)(page, document, location)

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
class Money {
  constructor() {
    this.cents = 5
  }
}
const named = new (class {
  toJSON() {
    return 'said'
  }
})()
const same = [named, revoked(), /a/, Symbol.iterator, 10n, null, undefined, 'text', 7, () => 1]

for (const [name, record] of Object.entries(recorders)) {
  const recording = async (t, pollute = {}) => {
    const visitor = await visit()
    for (const key of Object.keys(pollute)) Object.defineProperty(Object.prototype, key, { ...pollute[key], configurable: true })
    t.after(() => Object.keys(pollute).forEach((key) => delete Object.prototype[key]))
    await record(visitor)
    return visitor.page.passerby
  }
  const last = (passerby) => passerby.q[passerby.q.length - 1][1]

  test(`${name}: arguments are what they were at the call`, async (t) => {
    const passerby = await recording(t)
    const cart = { total: 1, items: [{ n: 1 }, [2]], owner: new Money(), at: new Date(0), map: new Map([['a', 1]]), set: new Set([1]) }
    passerby.track('added', cart)
    cart.total = cart.items[0].n = cart.items[1][0] = cart.owner.cents = 0
    cart.items.push(3)
    cart.at.setTime(1)
    cart.map.clear()
    cart.set.clear()
    assert.deepEqual(last(passerby), ['added', { total: 1, items: [{ n: 1 }, [2]], owner: { cents: 5 }, at: new Date(0), map: new Map([['a', 1]]), set: new Set([1]) }])
  })

  test(`${name}: what is no plain object or list stays itself, and nothing is thrown`, async (t) => {
    const passerby = await recording(t)
    for (const value of same) {
      passerby.track('e', value, { value })
      assert.equal(last(passerby)[1], value)
      assert.equal(last(passerby)[2].value, value)
    }
  })

  test(`${name}: what cannot be read is left to the script, the rest is what it was`, async (t) => {
    const passerby = await recording(t)
    const said = {
      a: 1,
      get b() {
        throw new Error('by the page')
      },
    }
    passerby.track('e', said)
    said.a = 2
    assert.equal(last(passerby)[1].a, 1)
    assert.throws(() => last(passerby)[1].b)
  })

  test(`${name}: cycles stay cycles, depth and number are bounded`, async (t) => {
    const passerby = await recording(t)
    const cycle = { list: [] }
    cycle.list[0] = cycle.self = cycle
    passerby.track('e', cycle)
    const copy = last(passerby)[1]
    assert.notEqual(copy, cycle)
    assert.deepEqual([copy.self === copy, copy.list[0] === copy], [true, true])
    const deep = {}
    for (let n = 0, at = deep; n < 10_000; n++) at = at.in = {}
    passerby.track('e', deep)
    const wide = Array.from({ length: 100_000 }, (_, n) => ({ n }))
    passerby.track('e', wide, { total: 1 })
    assert.equal(last(passerby)[1].length, 3001)
    assert.equal(last(passerby)[2].total, 1)
  })

  test(`${name}: own names of any kind, and nothing of a prototype`, async (t) => {
    const passerby = await recording(t)
    const said = Object.create({ inherited: 1 })
    Object.assign(said, { constructor: 1, q: 2, length: 3 })
    Object.defineProperty(said, '__proto__', { value: 4, enumerable: true })
    passerby.track('e', said)
    assert.equal(JSON.stringify(last(passerby)[1]), '{"constructor":1,"q":2,"length":3,"__proto__":4}')
    assert.equal(last(passerby)[1].inherited, undefined)
  })

  test(`${name}: a polluted prototype decides nothing`, async (t) => {
    const thrown = () => {
      throw new Error('by the page')
    }
    const passerby = await recording(t, {
      q: { value: [], writable: true },
      v: { value: '9', writable: true },
      passerby: { value: { q: [], v: '9' }, writable: true },
      price: { set: thrown, get: thrown },
      extend: { value: 1, enumerable: true },
      toJSON: { value: () => 'by the page', writable: true },
    })
    assert.ok(Object.hasOwn(passerby, 'q'))
    const said = JSON.parse('{"price": 1, "a": [{"b": 2}]}')
    passerby.track('e', said)
    said.a[0].b = 0
    assert.deepEqual(Object.entries(last(passerby)[1]), [['price', 1], ['a', last(passerby)[1].a]])
    assert.equal(last(passerby)[1].a[0].b, 2)
  })

  test(`${name}: functions that a page has kept hand on to the script's own push`, async (t) => {
    const passerby = await recording(t)
    const { track } = passerby
    const later = []
    passerby.q.push = (call) => later.push(call[1][0])
    track('kept')
    assert.deepEqual([later, passerby.q.length], [['kept'], 0])
  })
}

test('what only shows in window is no instance: an element, a frame, a prototype', async () => {
  for (const shown of [{ nodeName: 'A', id: 'passerby' }, { q: [], v: '9' }]) {
    for (const record of Object.values(recorders)) {
      const visitor = await visit()
      delete visitor.page.passerby
      Object.setPrototypeOf(visitor.page, { __proto__: Object.getPrototypeOf(visitor.page), passerby: shown })
      await record(visitor)
      assert.notEqual(visitor.page.passerby, shown)
      visitor.page.passerby.track('a')
      assert.equal(visitor.page.passerby.q.length, 1)
    }
  }
})

test('a path is one of the page, whatever its base and its user name', async () => {
  const page = await visit()
  page.document.baseURI = 'https://cdn.test/x/'
  page.globals.location.href = WWW.replace('//', '//user:secret@')
  page.module.init(SETTINGS).track('a')
  await page.settle()
  assert.deepEqual([...new Set(page.posts.map(({ to }) => to))], [WWW + '_t/v1/batch'])
})

test('load leaves what a loader has put there, and replaces an element of this name', async () => {
  const { module, page, scripts } = await visit()
  page.passerby = { nodeName: 'DIV' }
  const passerby = module.load({ src: SRC })
  assert.equal(passerby.nodeName, undefined)
  page.passerby = { q: [] }
  assert.equal(module.load({ src: SRC }), page.passerby)
  assert.equal(scripts.length, 1)
})

test('a page whose policy refuses the script works on', async (context) => {
  const { module, page } = await visit()
  const said = context.mock.method(console, 'error', () => {})
  page.trustedTypes = {
    createPolicy: () => {
      throw new TypeError('Policy "passerby" disallowed.')
    },
  }
  module.load({ src: SRC }).track('a')
  assert.equal(said.mock.callCount(), 1)
})

for (const ingest of ['/_t', '/_t/', WWW + '_t', WWW + '_t/v1/batch']) {
  test(`init sends to ${ingest}`, async () => {
    const page = await visit()
    const passerby = page.module.init({ ...SETTINGS, ingest })
    passerby.track('a')
    await page.settle()
    assert.deepEqual(page.events().map(({ type }) => type), ['page', 'track'])
    assert.deepEqual([...new Set(page.posts.map(({ to }) => to))], [WWW + '_t/v1/batch'])
    assert.equal(page.posts[0].body.writeKey, 'key')
    assert.equal(passerby.id(), page.profile.cookies.get('passerby@.shop.test'))
  })
}

test('init twice, and after load, is one instance, and carries out what was recorded', async () => {
  const page = await visit()
  const passerby = page.module.load({ src: SRC })
  passerby.track('early')
  assert.equal(page.module.init(SETTINGS), passerby)
  assert.equal(page.module.init({ ...SETTINGS, writeKey: 'other' }), passerby)
  await page.settle()
  assert.deepEqual(page.events().map(({ type }) => type), ['page', 'track'])
})

test('settings reach the snippet', async () => {
  const page = await visit()
  const passerby = page.module.init({ ...SETTINGS, cookieName: 'own', consentRequired: true })
  assert.equal(passerby.id(), undefined)
  passerby.consent('granted')
  assert.ok(passerby.id())
  assert.equal(page.profile.cookies.get('own@.shop.test'), passerby.id())
})

const bundled = async (contents) => {
  const stdin = { contents, resolveDir: import.meta.dirname }
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', minify: true, write: false })
  return outputFiles[0].text
}

test('a bundler leaves the snippet out where only load is used', async () => {
  const loading = await bundled(`import { load } from 'passerby-snippet'; load({ src: '${SRC}' })`)
  const starting = await bundled(`import { init } from 'passerby-snippet'; init({})`)
  assert.deepEqual([loading, starting].map((text) => text.includes('sendBeacon')), [false, true])
  assert.equal(await bundled(`import 'passerby-snippet'`), '')
})

test('the package holds the module, its types, its licence and nothing else', async () => {
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--loglevel=error'], { cwd: new URL('..', import.meta.url), encoding: 'utf8' }))
  const names = packed.files.map(({ path }) => path)
  const declared = ['api', 'index', 'options'].map((name) => `dist/${name}.d.ts`)
  assert.deepEqual(names.sort(), ['LICENSE', 'README.md', ...declared, 'dist/index.js', 'package.json'].sort())
  assert.equal(await read('LICENSE'), await read('../LICENSE'))
  const { dependencies, version } = createRequire(import.meta.url)('passerby-snippet/package.json')
  assert.equal(dependencies, undefined)
  assert.match(await read('src/version.ts'), new RegExp(`'${version}'`))
})

test('init of the package: id() is there when it returns', async () => {
  const page = await visit()
  assert.match(String(page.module.init(SETTINGS).id()), /^[\da-f-]{36}$/)
})

test('init of the package: what the app does to the URL right behind comes after the first page view', async () => {
  const page = await visit(WWW + '?utm_source=mail')
  page.module.init(SETTINGS)
  page.globals.history.replaceState(null, '', '/')
  await page.settle()
  assert.equal(page.events()[0].properties.url, WWW + '?utm_source=mail')
})

test('init, consent granted: cookie', async () => {
  const page = await visit()
  const p = page.module.init({ ...SETTINGS, consentRequired: true })
  p.consent('granted')
  assert.ok(p.id())
  assert.equal(page.profile.cookies.get('passerby@.shop.test'), p.id())
})
