import { compile } from '../../compile.mjs'
import { browser } from './browser.mjs'

// A page with the bundle that has the captures in it, and the few things of a document that captures look at.

const CONFIG = { k: 'key', d: ['shop.test', 'mag.test'], c: 'passerby', g: 'cookieless' }
export const WWW = 'https://www.shop.test/'

const text = await compile(['captures'])

/** What a capture asks of an element: its name, attributes, and whether it fits one of our selectors. */
export const element = (name, attributes = {}, more = {}) => ({
  localName: name,
  textContent: '',
  attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
  getAttribute: (wanted) => attributes[wanted] ?? null,
  setAttribute: (wanted, value) => (attributes[wanted] = value),
  hasAttribute: (wanted) => wanted in attributes,
  matches: (selector) =>
    selector.split(',').some((one) => {
      const [, tag, attribute, not] = /^(\w*)\[([\w-]+)\](?::not\((\w+)\))?$/.exec(one)
      return (!tag || tag === name) && attribute in attributes && name !== not
    }),
  ...more,
})

/** A page with the captures that `config` names. */
export const visit = async (config, { url = WWW, profile, tokens = [], ...options } = {}) => {
  const page = browser(url, profile, options)
  page.document.baseURI = url
  page.document.documentElement = { scrollHeight: 2000 }
  page.document.hasFocus = () => true
  page.asked = []
  const send = page.globals.fetch
  const globals = {
    ...page.globals,
    scrollY: 0,
    innerHeight: 500,
    fetch: async (to, how) => {
      if (!('' + to).endsWith('/handoff')) return send(to, how)
      page.asked.push(JSON.parse(how.body))
      const token = tokens.shift()
      return token ? new Response(JSON.stringify({ token })) : new Response('not ours', { status: 502 })
    },
    __PASSERBY__: { ...CONFIG, ...config },
  }
  new Function(...Object.keys(globals), text)(...Object.values(globals))
  page.passerby = page.page.passerby
  /** An event of the browser at the first of `path`, as all listeners on the window see it. */
  page.fire = (type, path, { prevented, ...more } = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { button: 0, composedPath: () => path, ...more })
    if (prevented) event.preventDefault()
    page.page.dispatchEvent(event)
    return event
  }
  page.tracked = async () => {
    await page.settle()
    return page.events().filter(({ type }) => type !== 'page').map(({ event, type, properties, traits }) => [event || type, properties || traits])
  }
  return page
}
