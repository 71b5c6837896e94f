// A browser of twenty lines: cookies by host and domain, localStorage, a page, and a collector that answers what it is told.

const ERRORS = { 400: 'bad_body', 401: 'unknown_key', 403: 'origin_refused', 413: 'too_large', 503: 'unavailable' }

/** The globals of one page, and what it did; `profile` (cookies, stored) is what survives to the next page. */
export const browser = (url, profile = { cookies: new Map(), stored: {} }, options = {}) => {
  const { hostname, protocol, origin } = new URL(url)
  const posts = []
  const written = []
  const accepts = (domain) => domain === 'shop.test' || domain.endsWith('.shop.test')
  // As in a browser, what a document has belongs to its class: an element that shadows it is the document's own property.
  class Document extends EventTarget {}
  const members = {
    title: 'Title',
    referrer: '',
    hidden: false,
    readyState: 'complete',
    scripts: [{}],
    baseURI: url,
    documentElement: { scrollHeight: 2000 },
    hasFocus: () => true,
    currentScript: 'src' in options && !options.src ? null : { src: options.src || origin + '/_t/s.js' },
    querySelector: () => null,
  }
  for (const name of Object.keys(members)) {
    Object.defineProperty(Document.prototype, name, { configurable: true, get: () => members[name], set: (value) => (members[name] = value) })
  }
  const document = new Document()
  Object.defineProperty(Document.prototype, 'cookie', {
    configurable: true,
    get: () => {
      if (options.blocked) throw new Error('blocked')
      return [...profile.cookies].map(([key, value]) => [key.split('@'), value]).filter(([[, domain]]) => ('.' + hostname).endsWith(domain)).map(([[name], value]) => name + '=' + value).join('; ')
    },
    set: (text) => {
      written.push(text)
      if (options.unwritable) return
      if (options.blocked) throw new Error('blocked')
      const [pair, ...rest] = text.split('; ')
      const [name, value] = pair.split(/=(.*)/)
      const domain = rest.find((part) => part.startsWith('Domain='))?.slice(7)
      const path = rest.find((part) => part.startsWith('Path=')).slice(5)
      if (!path.startsWith('/')) throw new Error('not a path: ' + path)
      // Cookies of longer paths are none of this browser's business.
      if (path !== '/') return
      if (domain && (!accepts(domain) || !('.' + hostname).endsWith('.' + domain))) return
      const key = name + '@' + (domain ? '.' + domain : hostname)
      if (rest.includes('Max-Age=0')) profile.cookies.delete(key)
      else profile.cookies.set(key, value)
    },
  })
  const stored = (profile.stored[origin] ??= {})
  const localStorage = new Proxy(stored, {
    get: (_, name) => {
      if (options.blocked) throw new Error('blocked')
      if (name === 'getItem') return (key) => stored[key] ?? null
      if (name === 'setItem') return (key, value) => void (stored[key] = value)
      return (key) => void delete stored[key]
    },
  })
  const page = new EventTarget()
  // What the natives of a window are there.
  Object.assign(page, { Array, Date, JSON, Object, Reflect, RegExp, String, encodeURIComponent, decodeURIComponent })
  const state = { status: 200, answer: undefined, posts, written, page, document, profile }
  const location = { href: url, hostname, protocol, origin, pathname: new URL(url).pathname }
  class History {
    state = { kept: 'by the page' }
    pushState(state, _title, to) {
      this.state = state
      location.href = new URL(to, location.href).href
    }
    replaceState(...all) {
      if (options.frozen) throw new Error('SecurityError')
      this.pushState(...all)
    }
  }
  const history = new History()
  if (options.frozen) Object.freeze(History.prototype)
  class Navigator {}
  for (const [name, value] of Object.entries({ language: 'en', doNotTrack: null, ...options.navigator })) {
    Object.defineProperty(Navigator.prototype, name, { configurable: true, writable: true, value })
  }
  state.globals = {
    window: page,
    document,
    localStorage,
    location,
    history,
    History,
    navigator: new Navigator(),
    Navigator,
    Document,
    performance: { now: () => performance.now(), getEntriesByType: () => [{ name: options.landed || url }] },
    // A page that goes on trying to send must not keep the tests from ending.
    setTimeout: (...args) => setTimeout(...args).unref(),
    fetch: async (to, { body, ...how }) => {
      posts.push({ to, how, body: JSON.parse(body) })
      if (!state.status) throw new TypeError('Failed to fetch')
      const stored = { success: true, stored: JSON.parse(body).batch.length, duplicate: 0, quarantined: [], ...state.answer }
      return new Response(state.text ?? JSON.stringify(state.status === 200 ? stored : state.answer ?? { code: ERRORS[state.status] }), { status: state.status, headers: state.headers })
    },
  }
  state.events = () => posts.flatMap((post) => post.body.batch)
  state.settle = (ms = 300) => new Promise((done) => setTimeout(done, ms))
  return state
}
