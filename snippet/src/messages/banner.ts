import { attempt } from '../lib/attempt'
import { element } from '../lib/element'
import { genuine } from '../lib/genuine'
import { first, pick } from '../lib/list'
import { listen } from '../lib/listen'
import type { Button, Message } from '../types'
import { anchor } from './anchor'
import { dress } from './dress'
import { richText } from './richText'

export interface Handlers {
  /** A button, or a link in the text, was clicked: its id and what it does. */
  act(id: string, button?: Button): void
  dismiss(by: 'close' | 'escape'): void
}

export interface Drawn {
  /** The element in the page, and the box in its shadow root. */
  host: HTMLElement
  section: HTMLElement
  remove(): void
}

const buttonOf = (button: Button): HTMLElement => {
  const open = first(button.do, (action) => action.type === 'open') as { href: string; target?: string } | undefined
  const attributes: Record<string, string> = {
    class: 'button ' + (button.style || 'primary'),
    part: 'action',
    'data-passerby-action': button.id,
  }
  const target: Record<string, string> = open?.target === 'blank' ? { target: '_blank', rel: 'noopener' } : {}
  return anchor(open?.href, { ...attributes, ...target }, [button.label]) || element('button', { ...attributes, type: 'button' }, [button.label])
}

/** A real link navigates by itself, so that opening it in a new tab works as on any page. */
const clicks = (section: HTMLElement, message: Message, { act, dismiss }: Handlers) =>
  listen(section, 'click', (event: MouseEvent) => {
    const target = (event.target as Element).closest('a,button')
    if (!target) return
    if (target.className.endsWith('close')) return dismiss('close')
    const id = target.getAttribute('data-passerby-action')
    act(id || 'link', first(message.content.actions || [], (action) => action.id === id))
  })

/** What is typed here is none of the page's business (its shortcuts), and Escape is ours only while the focus is here. */
const keys = (root: ShadowRoot, dismiss: Handlers['dismiss']) =>
  listen(root, 'keydown keypress keyup input paste', (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.type === 'keydown' && event.key === 'Escape') dismiss('escape')
  })

/** Returns the focus to where it was, when closing takes it away from somebody inside. */
const focus = (root: ShadowRoot, host: HTMLElement) => {
  let before: Element | null = null
  listen(root, 'focusin', (event: FocusEvent) => {
    const from = event.relatedTarget as Element | null
    if (from && genuine(from, 'getRootNode') !== root) before = from
  })
  return () => {
    const inside = root.activeElement
    host.remove()
    if (inside && before) genuine(before, 'focus')
  }
}

/**
 * Put it over the page: into the top layer, where the viewport is, whatever the page transforms, clips, scales or stacks; where
 * an engine has none, over the page by its own style. In the body, as whoever takes a page over (React) expects of strangers.
 */
export const place = (host: HTMLElement): void => {
  genuine(document, 'body').append(host)
  attempt(() => host.showPopover?.())
}

/** Draw a banner over the page, without touching the page or its focus. */
export const banner = (message: Message, handlers: Handlers): Drawn => {
  const { title, body, actions, close_label } = message.content
  const host = element('div', { 'data-passerby-message': message.key, popover: 'manual' })
  const root = host.attachShadow({ mode: 'open' })
  const paragraphs = pick(body || [], (line) => element('p', { part: 'body' }, pick(line, richText)))
  const text = element('div', { class: 'text' }, [element('p', { class: 'title', part: 'title' }, [title]), ...paragraphs])
  const close = element('button', { class: 'button close', part: 'close', type: 'button', 'aria-label': close_label || 'Close' }, ['×'])
  const status = element('div', { class: 'status', role: 'status' })
  const section = element('section', { role: 'region', 'aria-label': title, part: 'banner', class: message.placement?.edge === 'top' ? 'top' : 'bottom' }, [
    text,
    element('div', { class: 'actions' }, pick(actions || [], buttonOf)),
    close,
    status,
  ])
  root.append(section)
  dress(root, section)
  clicks(section, message, handlers)
  keys(root, handlers.dismiss)
  const remove = focus(root, host)
  place(host)
  // A screen reader announces what changes in a live region, not what comes with it.
  requestAnimationFrame(() => (status.textContent = title))
  return { host, section, remove }
}
