// What each part of the snippet weighs: the core built without it, its module replaced by the least that lets the rest work.
import { assemble, compile, compilePart, cores, parts, weigh } from './compile.mjs'

const nothing = (...names) => names.map((name) => `export const ${name} = () => {}`).join('\n')

/** Part -> module of `src` -> what stands in for it. What only this part imports goes with it. */
const PARTS = {
  'anonymous id: cookie, localStorage, several tabs': {
    visitor: `import { uuid7 } from './lib/uuid7'
      const current = { id: uuid7(), user: '' }
      export const said = {}
      export const read = () => current
      export const known = () => [current.id]
      export const isPersistent = () => true
      ${nothing('identify', 'say', 'rotate', 'forget')}`,
  },
  'which of several cookies counts': {
    kept: `import { cookieValues, writeCookie } from './lib/jar'
      import * as storage from './lib/storage'
      export const cookie = (name) => cookieValues(name)[0] || ''
      export const stored = storage.get, store = storage.set
      export const get = (name) => cookie(name) || stored(name)
      export const set = (name, value) => { writeCookie(name, value, ''); return cookie(name) === value }`,
  },
  'widest cookie domain by trying': { 'lib/widestDomain': `export const widestDomain = () => ''` },
  'identify, reset, junk ids': { identify: nothing('identify'), reset: nothing('reset'), 'lib/userIdOf': `export const userIdOf = (id) => id` },
  'queue: batches, storage, retries, several tabs': {
    queue: `import { config } from './config'
      import { send } from './transport'
      export const add = (text) => void send('{"batch":[' + text + '],"writeKey":"' + config.k + '"}')
      export const length = () => 0
      ${nothing('flush', 'start', 'clear', 'leave')}`,
  },
  'transport: where to, whose answer, keepalive, beacon': {
    transport: `export const tag = '', to = '/v1/batch'
      export const send = async (body) => ({ status: (await fetch(to, { method: 'POST', body })).status, end: true })`,
  },
  'page views: apps, landing, titles': {
    pageviews: `import { report } from './report'
      export const look = (anew) => anew && report('page', {})
      ${nothing('watch', 'tidy', 'land', 'release')}`,
  },
  'consent and privacy signals': {
    permission: `export const refusal = () => ''
      ${nothing('remember')}`,
    asked: `export const asked = 'ignore', cookieless = false`,
    session: `import * as bus from './lib/bus'
      import * as pageviews from './pageviews'
      import * as queue from './queue'
      export const check = (anew) => anew && (queue.start(), pageviews.look(true), bus.emit('begin'))
      export const start = () => { pageviews.watch(); check(true) }
      ${nothing('decide')}`,
  },
  'trace: what was done and why': { 'lib/trace': `export const entries = [], add = () => {}` },
  'values that JSON cannot say, events that are too large': {
    'lib/sayable': `export const sayable = (value) => value, odd = (text) => text, altered = () => 0`,
  },
  'long addresses': { 'lib/shortUrl': `export const shortUrl = (url) => url` },
  'natives that pages have replaced': {
    'lib/natives': `export const { apply, get, getPrototypeOf, set } = Reflect
      export const { keys } = Object, { isArray } = Array, { now } = Date, { parse } = JSON
      export const encode = encodeURIComponent, decode = decodeURIComponent, define = (on, name, value) => (on[name] = value)
      export const owns = (self, name) => ({}).hasOwnProperty.call(self, name), tag = (self) => ({}).toString.call(self)
      export const split = (self, by) => self.split(by), slice = (self, from, to) => self.slice(from, to), exec = (self, text) => self.exec(text)
      export const iso = (time) => new Date(time).toISOString(), stringify = (value) => JSON.stringify(value)`,
  },
  'names in markup': {
    'lib/genuine': `export const genuine = (thing, name, ...args) => (typeof thing[name] === 'function' ? thing[name](...args) : thing[name])`,
    'lib/ofWindow': `export const ofWindow = (name) => window[name]`,
  },
}

/** Captures -> what stands in for their module, in the part that has them. */
const CAPTURES = {
  'outbound_links, file_downloads': { 'captures/links': nothing('followed') },
  form_submits: { 'captures/forms': nothing('submitted') },
  data_attributes: { 'captures/marks': nothing('marked', 'MARKED', 'isEcho') },
  'scroll_depth, engaged_time': { 'captures/engagement': nothing('engagement') },
  cross_domain: { 'captures/handoff': nothing('handoff') },
}

/** Bytes of a core by its file's name, with parts in it and other modules in the place of some of both. */
const bytes = async (name, chosen = [], stubs = {}) => {
  const texts = await Promise.all(chosen.map((part) => compilePart(part, stubs)))
  return weigh(assemble(await compile(name, chosen.length ? {} : stubs), texts)).brotli
}

/** Rows of bytes after brotli 11, the heaviest first; the rest is what all of them stand on. */
export const costs = async () => {
  const [name, ...others] = cores
  const core = await bytes(name)
  const rows = []
  for (const [part, stubs] of Object.entries(PARTS)) rows.push({ part, bytes: core - (await bytes(name, [], stubs)) })
  for (const other of others) rows.push({ part: `feature: ${other.replace(`${name}-`, '')}`, bytes: (await bytes(other)) - core })
  for (const part of parts) rows.push({ part: `in the script: ${part}`, bytes: (await bytes(name, [part])) - core })
  const captures = await bytes(name, ['captures'])
  for (const [part, stubs] of Object.entries(CAPTURES)) rows.push({ part: `of captures: ${part}`, bytes: captures - (await bytes(name, ['captures'], stubs)) })
  return rows.sort((a, b) => b.bytes - a.bytes)
}
