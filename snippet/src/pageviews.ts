import * as here from './here'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { listen } from './lib/listen'
import { plainUrl } from './plainUrl'
import { report } from './report'

/** A property of the function that replaced the browser's own, so that a second copy does not wrap it again. */
const SENTINEL = 'v'

type Patched = ((...args: any[]) => unknown) & { [SENTINEL]?: boolean }

/** A page that never comes to rest is counted after so long, in milliseconds. */
const LONGEST_UNREST = 500

let counted = ''

/** Take a link's token out of the address bar, because an address is passed on. The history's entry keeps all else. */
export const tidy = (): void => {
  const url = location.href.replace(/([?&])(?:passerby_(?:link|handoff)=[^&#]*(&?))+/g, (_, before, more) => more && before)
  if (url === location.href) return
  counted = plainUrl(url)
  attempt(() => history.replaceState(history.state, '', url))
}

/** Count this page if it is another one than that counted last, or when it is there `anew` (back-forward cache, consent given). */
export const look = (anew?: boolean): void => {
  const url = plainUrl(location.href)
  if (url === counted && !anew) return
  if (url !== counted) here.left(counted)
  counted = url
  if (report('page', {})) tidy()
  if (!anew) bus.emit('route')
}

/**
 * Routers change the URL and then, or before, what belongs to it, some in the next frame; some change it twice for one
 * navigation. So look a frame later (ms), and where the engine can say so when the page has come to rest: on a slow machine
 * React sets the title a tenth of a second after the URL. Only whether the page is another one than that counted last is looked
 * at, so a second look finds nothing new.
 */
const later = () => {
  setTimeout(() => attempt(() => (window.requestIdleCallback || setTimeout)(() => attempt(look), { timeout: LONGEST_UNREST })), 16)
}

const patch = (name: 'pushState' | 'replaceState') => {
  const original = history[name] as Patched
  if (original[SENTINEL]) return
  const patched: Patched = (...args) => {
    attempt(later)
    return original.apply(history, args)
  }
  patched[SENTINEL] = true
  // A page may have frozen it.
  attempt(() => (history[name] = patched))
}

/** One page view for each real navigation, and none for the same URL; where fragments are no pages, theirs stay the same. */
export const watch = (): void => {
  listen(window, 'popstate hashchange', later)
  patch('pushState')
  patch('replaceState')
}
