import { element } from '../lib/element'
import { listen } from '../lib/listen'
import { safeHref } from '../lib/safeHref'

/** A message's address is relative to the page that shows it, which a `<base>` of that page does not change. */
const resolved = (href: string) => (href[0] === '/' ? location.origin : href[0] === '#' ? location.href.replace(/#.*/, '') : '') + href

/**
 * A link to where a message leads, or undefined where it may not lead there. It opens in this tab if it does not say
 * otherwise, whatever the `<base>` says. Where a fragment leads is said anew before it is read: routes change the page.
 */
export const anchor = (href: unknown, attributes: Record<string, string>, children: (Node | string)[]): HTMLElement | undefined => {
  const safe = safeHref(href)
  if (!safe) return
  const link = element('a', { target: '_self', ...attributes }, children)
  const point = () => link.setAttribute('href', resolved(safe))
  point()
  listen(link, 'pointerover focusin click auxclick', point)
  return link
}
