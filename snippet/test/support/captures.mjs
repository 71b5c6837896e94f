import { assemble, compile, compilePart } from '../../compile.mjs'
import { browser } from './browser.mjs'

// A page with the core and the captures in it, and the few things of a document that captures look at.

const CONFIG = { k: 'key', d: ['shop.test', 'mag.test'], c: 'passerby', g: 'cookieless' }
export const WWW = 'https://www.shop.test/'

const text = assemble(await compile(), [await compilePart('captures')])

/** What a capture asks of an element: its name, attributes, and whether it fits one of our selectors. */
class Element {
  #name
  #attributes

  constructor(name, attributes) {
    this.#name = name
    this.#attributes = attributes
  }

  get localName() {
    return this.#name
  }

  get textContent() {
    return ''
  }

  get attributes() {
    return Object.entries(this.#attributes).map(([name, value]) => ({ name, value }))
  }

  getAttribute(wanted) {
    return this.#attributes[wanted] ?? null
  }

  getAttributeNS(_, wanted) {
    return this.getAttribute('xlink:' + wanted)
  }

  setAttribute(wanted, value) {
    this.#attributes[wanted] = value
  }

  setAttributeNS(_, wanted, value) {
    this.setAttribute(wanted, value)
  }

  hasAttribute(wanted) {
    return wanted in this.#attributes
  }

  matches(selector) {
    return selector.split(',').some((one) => {
      const [, tag, any, attribute, not] = /^(\w*)\[(\*\|)?([\w-]+)\](?::not\((\w+)\))?$/.exec(one)
      const isThere = this.hasAttribute(attribute) || (any && this.hasAttribute('xlink:' + attribute))
      return (!tag || tag === this.localName) && isThere && this.localName !== not
    })
  }
}

/** An element, with more properties of its interface, and with those that markup lays over them. */
export const element = (name, attributes = {}, more = {}, shadowing = {}) => {
  const made = new Element(name, attributes)
  Object.setPrototypeOf(made, Object.create(Element.prototype, Object.getOwnPropertyDescriptors(more)))
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(shadowing))
}

/** A page with the captures that `config` names. */
export const visit = async (config, { url = WWW, profile, tokens = [], ...options } = {}) => {
  const page = browser(url, profile, options)
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
