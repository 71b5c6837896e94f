import { element } from '../lib/element'
import { genuine } from '../lib/genuine'
import { styles } from './styles'

/** A stylesheet that every Content-Security-Policy allows; where a browser has no such thing, an element. */
const adopt = (root: ShadowRoot) => {
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    root.adoptedStyleSheets = [sheet]
  } catch (_) {
    root.append(element('style', {}, [styles]))
  }
}

/** Give a message its looks: the sheet, dark where the visitor's system is, and the page's own font. */
export const dress = (root: ShadowRoot, section: HTMLElement): void => {
  adopt(root)
  if (matchMedia('(prefers-color-scheme:dark)').matches) section.classList.add('dark')
  section.style.fontFamily = getComputedStyle(genuine(document, 'body')).fontFamily
}
