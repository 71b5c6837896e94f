// A browser of twenty lines: cookies by host and domain, localStorage, a page, and a collector that answers what it is told.

/** The globals of one page, and what it did; `profile` (cookies, stored) is what survives to the next page. */
export const browser = (url, profile = { cookies: new Map(), stored: {} }, options = {}) => {
  const { hostname, protocol, origin } = new URL(url)
  const posts = []
  const written = []
  const accepts = (domain) => domain === 'shop.test' || domain.endsWith('.shop.test')
  const document = Object.assign(new EventTarget(), {
    title: 'Title',
    referrer: '',
    hidden: false,
    currentScript: 'src' in options && !options.src ? null : { src: options.src || origin + '/_t/s.js' },
    querySelector: () => null,
  })
  Object.defineProperty(document, 'cookie', {
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
  const page = Object.assign(new EventTarget(), { passerby: undefined })
  const state = { status: 200, answer: {}, posts, written, page, document, profile }
  const location = { href: url, hostname, protocol, origin }
  const history = { state: { kept: 'by the page' } }
  history.pushState = history.replaceState = (state, _title, to) => {
    history.state = state
    location.href = new URL(to, location.href).href
  }
  if (options.frozen) {
    history.replaceState = () => {
      throw new Error('SecurityError')
    }
    Object.freeze(history)
  }
  state.globals = {
    window: page,
    document,
    localStorage,
    location,
    history,
    navigator: { language: 'en', doNotTrack: null, ...options.navigator },
    // A page that goes on trying to send must not keep the tests from ending.
    setTimeout: (...args) => setTimeout(...args).unref(),
    fetch: async (to, { body, ...how }) => {
      posts.push({ to, how, body: JSON.parse(body) })
      if (!state.status) throw new TypeError('Failed to fetch')
      return new Response(JSON.stringify(state.answer), { status: state.status, headers: state.headers })
    },
  }
  state.events = () => posts.flatMap((post) => post.body.batch)
  state.settle = (ms = 300) => new Promise((done) => setTimeout(done, ms))
  return state
}
