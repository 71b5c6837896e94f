import type { Theme } from '../types'
import { styles } from './styles'

/** A stylesheet that every Content-Security-Policy allows; where a browser has no such thing, an element. */
const adopt = (root: ShadowRoot) => {
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    root.adoptedStyleSheets = [sheet]
  } catch (_) {
    const style = document.createElement('style')
    style.textContent = styles
    root.append(style)
  }
}

const isDark = (preset: Theme['preset']) => preset === 'dark' || (preset !== 'light' && matchMedia('(prefers-color-scheme:dark)').matches)

/** Give a message its looks: the sheet, and what its theme says, as custom properties. */
export const dress = (root: ShadowRoot, section: HTMLElement, theme: Theme = {}, width?: number): void => {
  adopt(root)
  if (isDark(theme.preset)) section.classList.add('dark')
  for (const name of ['bg', 'fg', 'accent', 'accent_fg'] as const) {
    if (/^#[\da-f]{6}$/i.test(theme[name] || '')) section.style.setProperty('--' + name, theme[name]!)
  }
  if (theme.radius != null) section.style.setProperty('--radius', Number(theme.radius) + 'px')
  if (width) section.style.setProperty('--width', Number(width) + 'px')
  if (theme.font !== 'system') section.style.fontFamily = getComputedStyle(document.body).fontFamily
}
