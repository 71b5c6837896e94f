import * as here from './here'
import * as bus from './lib/bus'
import { listen } from './lib/listen'
import { plainUrl } from './plainUrl'
import { report } from './report'

/** On the function that replaced the browser's own, so that a second copy does not wrap it again. */
const SENTINEL = '__passerby'

type Patched = ((...args: any[]) => unknown) & { [SENTINEL]?: boolean }

let counted = ''

const now = () => plainUrl(location.href)

/** Count this page, also when it is the one counted last (a return from the back-forward cache, consent given). */
export const count = (): void => {
  const url = now()
  if (counted && counted !== url) here.left(counted)
  counted = url
  report('page', {})
}

/** Count this page if it is another one than that counted last. */
export const look = (): void => {
  if (now() === counted) return
  count()
  bus.emit('route')
}

/**
 * Routers change the URL and then, or before, what belongs to it; some change it twice for one navigation. So look in the
 * next task, and only at whether the page is another one than that counted last: a second look finds nothing new.
 */
const later = () => setTimeout(look, 0)

const patch = (name: 'pushState' | 'replaceState') => {
  const original = history[name] as Patched
  if (original[SENTINEL]) return
  const patched: Patched = function (this: History, ...args) {
    const result = original.apply(this, args)
    later()
    return result
  }
  patched[SENTINEL] = true
  history[name] = patched
}

/** One page view for each real navigation, and none for the same URL; where fragments are no pages, theirs stay the same. */
export const watch = (): void => {
  listen(window, 'popstate hashchange', later)
  patch('pushState')
  patch('replaceState')
}
