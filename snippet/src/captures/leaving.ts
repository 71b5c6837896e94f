import * as here from '../here'
import * as bus from '../lib/bus'
import { genuine } from '../lib/genuine'
import { listen } from '../lib/listen'
import { plainUrl } from '../plainUrl'
import type { Place } from '../types'

/**
 * Call `tell` whenever this page is hidden, left, or routed away from (then with true): what it reports is about this page,
 * though the browser shows the next one already.
 */
export const leaving = (tell: (routed?: boolean) => void): void => {
  let page: Place = { ...here.now()[0], url: plainUrl(location.href) }
  // The browser says so before the queue, which listens on the window, sends what there is. A page that is left is hidden too.
  listen(document, 'visibilitychange', () => genuine(document, 'hidden') && tell())
  bus.on('event', ({ type, properties, context }) => {
    if (type !== 'page' || properties.url === page.url) return
    const next = { ...properties, canonical: context.page.canonical }
    here.asOf({ ...page, canonical: page.canonical || page.url }, +new Date(), () => tell(true))
    page = next
  })
}
