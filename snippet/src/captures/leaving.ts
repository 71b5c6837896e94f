import * as here from '../here'
import * as bus from '../lib/bus'
import { listen } from '../lib/listen'
import { plainUrl } from '../plainUrl'
import type { Place } from '../types'

/**
 * Call `tell` whenever this page is hidden, left, or routed away from (then with true): what it reports is about this page,
 * though the browser shows the next one already.
 */
export const leaving = (tell: (routed?: boolean) => void): void => {
  let page: Place = { ...here.place(), url: plainUrl(location.href) }
  // The browser says so before the queue, which listens on the window, sends what there is. A page that is left is hidden too.
  listen(document, 'visibilitychange', () => document.hidden && tell())
  bus.on('event', ({ type, context }) => {
    const next = context.page
    if (type !== 'page' || next.url === page.url) return
    here.asOf({ ...page, canonical: page.canonical || page.url }, Date.now(), () => tell(true))
    page = next
  })
}
