import { element } from '../lib/element'
import { pick } from '../lib/list'
import type { Inline } from '../types'
import { anchor } from './anchor'

/** One piece of text: bold, emphasis and links are all there is, and nothing is ever parsed as HTML. */
export const richText = (inline: Inline): Node | string => {
  if (!Array.isArray(inline)) return '' + inline
  const [tag, ...content] = inline
  if (tag !== 'a') return element(tag === 'b' ? 'strong' : tag === 'em' ? 'em' : 'span', {}, pick(content, richText))
  const text = [richText(content[0] || '')]
  return anchor(content[1], { part: 'link' }, text) || element('span', {}, text)
}
