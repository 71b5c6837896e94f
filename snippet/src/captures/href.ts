import { genuine } from '../lib/genuine'

const XLINK = 'http://www.w3.org/1999/xlink'

/** Links; in drawings also by `xlink:href`. */
export const LINK = 'a[*|href],area[href]'

/** Where a link leads, as it is written. Not `link.href`: in a drawing that is an object. */
export const hrefOf = (link: Element): string => genuine(link, 'getAttribute', 'href') ?? genuine(link, 'getAttributeNS', XLINK, 'href') ?? ''

/** Let a link lead elsewhere, by the attribute that it has. */
export const lead = (link: Element, href: string): void =>
  genuine(link, 'hasAttribute', 'href') ? genuine(link, 'setAttribute', 'href', href) : genuine(link, 'setAttributeNS', XLINK, 'xlink:href', href)
