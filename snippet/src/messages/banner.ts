import { element } from '../lib/element'
import { listen } from '../lib/listen'
import { safeHref } from '../lib/safeHref'
import type { Button, Message } from '../types'
import { dress } from './dress'
import { richText } from './richText'

export interface Handlers {
  /** A button, or a link in the text, was clicked: its id and what it does. */
  act(id: string, button?: Button): void
  dismiss(by: 'close' | 'escape'): void
}

const buttonOf = (button: Button): HTMLElement => {
  const open = button.do.find((action) => action.type === 'open') as { href: string; target?: string } | undefined
  const href = safeHref(open?.href)
  const attributes: Record<string, string> = {
    class: 'button ' + (button.style || 'primary'),
    part: 'action',
    'data-passerby-action': button.id,
  }
  if (!href) return element('button', { ...attributes, type: 'button' }, [button.label])
  const target: Record<string, string> = open!.target === 'blank' ? { target: '_blank', rel: 'noopener' } : {}
  return element('a', { ...attributes, ...target, href }, [button.label])
}

/** A real link navigates by itself, so that opening it in a new tab works as on any page. */
const clicks = (section: HTMLElement, message: Message, { act, dismiss }: Handlers) =>
  listen(section, 'click', (event: MouseEvent) => {
    const target = (event.target as Element).closest('a,button')
    if (!target) return
    if (target.part.contains('close')) return dismiss('close')
    const id = target.getAttribute('data-passerby-action')
    act(id || 'link', message.content.actions?.find((action) => action.id === id))
  })

/** What is typed here is none of the page's business (its shortcuts), and Escape is ours only while the focus is here. */
const keys = (root: ShadowRoot, dismiss: Handlers['dismiss']) => {
  for (const type of ['keydown', 'keypress', 'keyup', 'input', 'paste']) root.addEventListener(type, (event) => event.stopPropagation())
  listen(root, 'keydown', (event: KeyboardEvent) => event.key === 'Escape' && dismiss('escape'))
}

/** Returns the focus to where it was, when closing takes it away from somebody inside. */
const focus = (root: ShadowRoot, host: HTMLElement) => {
  let before: HTMLElement | null = null
  listen(root, 'focusin', (event: FocusEvent) => {
    const from = event.relatedTarget as HTMLElement | null
    if (from && from.getRootNode() !== root) before = from
  })
  return () => {
    const inside = root.activeElement
    host.remove()
    if (inside && before) before.focus()
  }
}

/** Draw a banner over the page, without touching the page or its focus. Returns what takes it away again. */
export const banner = (message: Message, handlers: Handlers): { host: HTMLElement; remove: () => void } => {
  const { title, body, actions, close_label } = message.content
  const host = element('div', { 'data-passerby-message': message.key })
  const root = host.attachShadow({ mode: 'open' })
  const paragraphs = (body || []).map((line) => element('p', { part: 'body' }, line.map(richText)))
  const text = element('div', { class: 'text' }, [element('p', { class: 'title', part: 'title' }, [title]), ...paragraphs])
  const close = element('button', { class: 'button close', part: 'close', type: 'button', 'aria-label': close_label || 'Close' }, ['×'])
  const status = element('div', { class: 'status', role: 'status' })
  const section = element('section', { role: 'region', 'aria-label': title, part: 'banner', class: message.placement?.edge === 'top' ? 'top' : 'bottom' }, [
    text,
    element('div', { class: 'actions' }, (actions || []).map(buttonOf)),
    close,
    status,
  ])
  root.append(section)
  dress(root, section, message.theme, message.placement?.max_width)
  clicks(section, message, handlers)
  keys(root, handlers.dismiss)
  const remove = focus(root, host)
  document.body.append(host)
  // A screen reader announces what changes in a live region, not what comes with it.
  requestAnimationFrame(() => (status.textContent = title))
  return { host, remove }
}
