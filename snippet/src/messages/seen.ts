import { attempt } from '../lib/attempt'
import { genuine } from '../lib/genuine'
import { each, first } from '../lib/list'
import type { Drawn } from './banner'

// Whether what is drawn can be seen. Where it comes into sight the browser says; what covers it goes without a word.

/** Milliseconds between two looks, while there is something to wait for; none in a page that is not painted. */
const PAUSE = 150

export const again = (look: () => void): unknown => requestAnimationFrame(() => setTimeout(() => attempt(look), PAUSE))

const page = (): HTMLElement[] => [genuine(document, 'documentElement'), genuine(document, 'body')]

/** Not `display`: what is not drawn is not hit either. */
const hides = (element: Element) => {
  const { visibility, opacity } = getComputedStyle(element)
  return visibility !== 'visible' || +opacity < 0.1
}

/** Has the page hidden itself? Scripts that change it while it loads do so until they are ready. */
export const pageHides = (): boolean => !!first(page(), hides)

/** Is a message there, with its middle under nothing else (a dialog of the page, a film that fills the screen)? */
const isOnTop = ({ host, section }: Drawn) => {
  const { left, top, width, height } = section.getBoundingClientRect()
  // WebKit measures as if nothing were zoomed, but takes points as they are.
  let zoom = 1
  if (!('currentCSSZoom' in section)) each(page(), (element) => (zoom *= +(getComputedStyle(element) as any).zoom || 1))
  const hit = () => genuine(document, 'elementFromPoint', (left + width / 2) * zoom, (top + height / 2) * zoom)
  return !genuine(document, 'hidden') && !pageHides() && !hides(section) && hit() === host
}

/** Call `tell` once a message can be seen, if it is still `awaited` then. */
export const whenSeen = (drawn: Drawn, awaited: () => boolean, tell: () => void): void => {
  let inSight = true
  // Also where this is a frame that its page has scrolled away, or covered (the latter only Chromium says: `isVisible`).
  const observer = attempt(
    () =>
      new IntersectionObserver(
        (entries) => {
          const { intersectionRatio, isVisible } = entries[entries.length - 1] as IntersectionObserverEntry & { isVisible?: boolean }
          inSight = intersectionRatio >= 0.5 && isVisible !== false
        },
        { __proto__: null, threshold: 0.5, trackVisibility: true, delay: 100 } as IntersectionObserverInit,
      ),
  )
  observer?.observe(drawn.section)
  const look = () => {
    if (awaited() && inSight && isOnTop(drawn)) tell()
    if (awaited()) again(look)
    else observer?.disconnect()
  }
  again(look)
}
