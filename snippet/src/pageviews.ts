import * as here from './here'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { each, first } from './lib/list'
import { listen } from './lib/listen'
import { apply, exec, owns, slice, split, tag } from './lib/natives'
import { genuine } from './lib/genuine'
import { ofWindow } from './lib/ofWindow'
import { partsOf, rewritten } from './lib/rewritten'
import { plainUrl } from './plainUrl'
import { make, send } from './report'
import type { WireEvent } from './types'

/** A property of the function that replaced the browser's own, so that a second copy does not wrap it again. */
const SENTINEL = 'v'

/** A page may get its title so long after it came, and a page within an app that never comes to rest is counted after four times as long: milliseconds. */
const PATIENCE = 500

/** The address of the page that was counted last. */
let counted = ''
/** Nothing has led here but the load: who takes parameters out of the address tidies up, and opens no other page. */
let landed = true
/** Where the page was loaded from, until that is told. */
let landing = ''
/** A page that has just come may not have its title yet. */
let young = true
/** How many times the address has been told to be another one than that of the page counted last. */
let moves = 0
/** A page view that waits for it. */
let held: WireEvent | undefined

let navigation: any

/** As a page that was tidied up writes them, which need not be as they were written before. */
const normal = (query: string) => attempt(() => '' + new URLSearchParams(query)) ?? slice(query, 1)

/** Is an address what is left of another one, without some of its parameters? */
const isTidied = (url: string, whole: string) => {
  const { path, query, fragment } = partsOf(url)
  const from = partsOf(whole)
  if (path !== from.path || (fragment && fragment !== from.fragment)) return false
  const all: any = { __proto__: null, '': true }
  each(split(normal(from.query), '&'), (one) => (all[one] = true))
  return first(split(normal(query), '&'), (one) => !all[one]) === undefined
}

const isSame = (url: string) => url === counted || (landed && isTidied(url, counted))

const TOKEN = /[?&]passerby_(link|handoff)=/

/** Take a link's token out of the address bar, because an address is passed on. The history's entry keeps all else. */
export const tidy = (): void => {
  if (!exec(TOKEN, location.href)) return
  const url = rewritten(location.href, (parameter) => (exec(TOKEN, '&' + parameter) ? '' : parameter))
  counted = plainUrl(url)
  attempt(() => history.replaceState(history.state, '', url))
}

/** The page view that waits for a title has waited long enough; or nothing may be sent any longer, and it is dropped. */
export const release = (dropped?: boolean): void => {
  const made: any = held
  held = undefined
  if (!made || dropped) return
  made.properties.title = genuine(document, 'title')
  send(made)
}

/** Count this page if it is another one than that counted last, or when it is there `anew` (back-forward cache, consent given). */
export const look = (anew?: boolean): void => {
  const url = plainUrl(location.href)
  const same = isSame(url)
  if (!same) here.left(counted)
  counted = url
  if (same && !anew) return
  release()
  // The first page view tells where the visitor landed, whatever has been made of the address since.
  const now = here.now()
  const from = plainUrl(landing || url)
  const place = landed && isTidied(url, from) ? { ...now[0], url: from } : { ...now[0], landing: from === url ? undefined : from }
  held = here.asOf(place, now[1], () => make('page', {}))
  if (held) {
    landing = ''
    tidy()
  }
  if (!young) release()
  if (!anew) bus.emit('route')
}

/**
 * Routers change the URL and then, or before, what belongs to it, some in the next frame; some change it twice for one
 * navigation. So look a frame later (ms), and where the engine can say so when the page has come to rest: on a slow machine
 * React sets the title a tenth of a second after the URL. Only whether the page is another one than that counted last is looked
 * at, so a second look finds nothing new. A look that was meant for the page before would come too early for this one.
 */
const later = () => {
  const mine = moves
  const still = (then: () => void) => () => attempt(() => mine === moves && then())
  // An app that opens a page asynchronously says when it has: that is looked at then.
  const rested = still(() => (navigation && navigation.transition) || look())
  setTimeout(still(() => (ofWindow('requestIdleCallback') || setTimeout)(rested)), 16)
  // However long an app takes to open its page, and whatever a page has made of the call above.
  setTimeout(still(look), 4 * PATIENCE)
}

/** The address is another one, by `how`: `push`, `replace`, `traverse`, or something that says nothing. */
const moved = (how: string) => {
  if (how && how !== 'replace') landed = false
  if (isSame(plainUrl(location.href))) return
  moves++
  // The title is still that of the page before.
  release()
  later()
}

const patch = (how: 'push' | 'replace') => {
  const name = (how + 'State') as 'pushState'
  // A page that has put its own function before the browser's goes on calling that.
  const holder = owns(history, name) ? history : History.prototype
  const original: any = holder[name]
  if (owns(original, SENTINEL)) return
  const patched: any = function (this: History, ...args: unknown[]) {
    const answer = apply(original, this, args)
    // Frames have histories of their own.
    if (this === history) attempt(() => moved(how))
    return answer
  }
  patched[SENTINEL] = true
  // A page may have frozen it.
  attempt(() => (holder[name] = patched))
}

/** One page view for each real navigation, and none for the same URL; where fragments are no pages, theirs stay the same. */
export const watch = (): void => {
  const found = ofWindow('navigation')
  // A page may have a variable of this name; a sandboxed page has one that tells nothing.
  if (tag(found) === '[object Navigation]' && found.currentEntry) navigation = found
  if (navigation) return listen(navigation, 'currententrychange navigatesuccess navigateerror', (event) => moved(event.navigationType))
  listen(window, 'popstate hashchange', () => moved('traverse'))
  patch('push')
  patch('replace')
}

const grown = () => {
  young = false
  release()
}

/** The page has come. `own` scripts in it are ours; where there are others, one of them may set another title yet. */
export const land = (own: number): void => {
  // The address that was loaded, without a name and a password.
  const loaded = exec(/^(\w+:\/\/)(?:[^/?#]*@)?([^]*)/, attempt(() => performance.getEntriesByType('navigation')[0]!.name) || '')
  if (loaded) landing = loaded[1]! + loaded[2]
  const arrived = () => {
    if (own && genuine(document, 'title') && genuine(document, 'scripts').length <= own) grown()
    else setTimeout(() => attempt(grown), PATIENCE)
  }
  // A page whose load was stopped is complete without a DOMContentLoaded.
  const state = () => genuine(document, 'readyState')
  if (state() === 'loading') listen(document, 'DOMContentLoaded readystatechange', ({ type }) => (type > 'a' && state() !== 'complete') || arrived())
  else arrived()
}
