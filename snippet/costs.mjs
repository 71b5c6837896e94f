// What each part of the snippet weighs: the core built without it, its module replaced by the least that lets the rest work.
import { compile, features, weigh } from './compile.mjs'

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
  'widest cookie domain by trying': { 'lib/widestDomain': `export const widestDomain = (host, own) => own[0] || ''` },
  'identify, reset, junk ids': { identify: nothing('identify'), reset: nothing('reset'), 'lib/userIdOf': `export const userIdOf = (id) => id` },
  'queue: batches, storage, retries, several tabs': {
    queue: `import { config } from './config'
      import { send } from './transport'
      export const add = (text) => void send('{"batch":[' + text + '],"writeKey":"' + config.k + '"}')
      export const length = () => 0
      ${nothing('flush', 'start', 'clear', 'leave')}`,
  },
  'transport: where to, keepalive, beacon, answers': {
    transport: `export const send = async (body) => [(await fetch('/v1/batch', { method: 'POST', body })).status]`,
  },
  'page views of single-page apps': {
    pageviews: `import { report } from './report'
      export const look = (anew) => anew && report('page', {})
      ${nothing('watch', 'tidy')}`,
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
  'arrays on pages with an old toJSON': { 'lib/json': `export const { parse, stringify } = JSON` },
}

/** Captures -> what stands in for their module, in the bundle that has them. */
const CAPTURES = {
  'outbound_links, file_downloads': { 'captures/links': nothing('followed') },
  form_submits: { 'captures/forms': nothing('submitted') },
  data_attributes: { 'captures/marks': nothing('marked', 'MARKED', 'isEcho') },
  'scroll_depth, engaged_time': { 'captures/engagement': nothing('engagement') },
  cross_domain: { 'captures/handoff': nothing('handoff') },
}

/** Rows of bytes after brotli 11, the heaviest first; the rest is what all of them stand on. */
export const costs = async () => {
  const core = weigh(await compile()).brotli
  const rows = []
  for (const [part, stubs] of Object.entries(PARTS)) rows.push({ part, bytes: core - weigh(await compile([], stubs)).brotli })
  for (const feature of features) rows.push({ part: `feature: ${feature}`, bytes: weigh(await compile([feature])).brotli - core })
  const captures = weigh(await compile(['captures'])).brotli
  for (const [part, stubs] of Object.entries(CAPTURES)) rows.push({ part: `of captures: ${part}`, bytes: captures - weigh(await compile(['captures'], stubs)).brotli })
  return rows.sort((a, b) => b.bytes - a.bytes)
}
