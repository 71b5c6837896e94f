import { element } from '../lib/element'
import { safeHref } from '../lib/safeHref'
import type { Inline } from '../types'

/** The nodes of one piece of text: bold, emphasis and links are all there is, and nothing is ever parsed as HTML. */
export const richText = (inline: Inline): Node => {
  if (!Array.isArray(inline)) return document.createTextNode('' + inline)
  const [tag, ...content] = inline
  if (tag !== 'a') return element(tag === 'b' ? 'strong' : tag === 'em' ? 'em' : 'span', {}, content.map(richText))
  const href = safeHref(content[1])
  return element(href ? 'a' : 'span', href ? { href, part: 'link' } : {}, [richText(content[0] || '')])
}
