import { config } from '../config'
import { attempt } from '../lib/attempt'
import * as bus from '../lib/bus'
import { listen } from '../lib/listen'
import * as trace from '../lib/trace'
import * as queue from '../queue'
import { report } from '../report'
import type { Button, Message } from '../types'
import * as visitor from '../visitor'
import { banner } from './banner'
import { answered, closedGate, eligible } from './gates'
import * as memory from './memory'

// Which message appears, and when it goes. Nothing here runs by the clock: pages, logins, tabs and dialogs say when to look.

interface Showing {
  message: Message
  /** The same for the same showing, so that one that is reported twice is counted once. */
  impression: string
  host: HTMLElement
  remove: () => void
}

const messages = [...(config.m || [])].sort((a, b) => (b.priority ?? 50) - (a.priority ?? 50))
const broken: string[] = []

let showing: Showing | undefined
let looking = false

const tell = (event: string, { message, impression }: Pick<Showing, 'message' | 'impression'>, more: Record<string, unknown> = {}) => {
  const { key, revision, run } = message
  const properties = { message: key, revision, run, impression_id: impression, ...more }
  report('track', { event, properties })
  bus.emit('message', { event, ...properties })
}

const close = () => {
  showing?.remove()
  showing = undefined
}

/** Take it away, say so, and look what may come now. */
const end = (event: string, more: Record<string, unknown>) => {
  const ended = showing
  close()
  if (ended) tell(event, ended, more)
  look()
}

const dismiss = (by: string) => {
  if (showing) memory.remember(showing.message, { dismissed: true })
  end('message_dismissed', { by })
}

const act = (action: string, button?: Button) => {
  if (!showing) return
  const steps = button?.do || []
  tell('message_clicked', showing, { action })
  steps.forEach((step) => step.type === 'track' && report('track', { event: step.name, properties: { message: showing!.message.key } }))
  if (steps.some((step) => step.type === 'dismiss')) return dismiss('action')
  memory.remember(showing.message, { acted: true })
  // A link that leaves the page is followed after this: hand the events over first.
  queue.flush(true)
  // Removed in the next task, because a link that is gone from the page is not followed.
  setTimeout(showing.remove, 0)
  showing = undefined
  look()
}

/** Counted once it has been painted, in a page that somebody sees. */
const painted = (shown: Showing) =>
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      attempt(() => {
        if (showing !== shown) return
        memory.remember(shown.message, { times: memory.recall(shown.message).times + 1 })
        tell('message_shown', shown)
      }),
    ),
  )

const show = (message: Message) => {
  const { id } = visitor.read()
  const impression = [id, message.id, message.run, memory.recall(message).times + 1].join('.')
  const drawn = attempt(() => banner(message, { act, dismiss }))
  if (!drawn) {
    broken.push(message.id)
    return
  }
  showing = { message, impression, ...drawn }
  painted(showing)
}

const reasonOf = (message: Message) =>
  showing?.message === message ? 'shown' : broken.includes(message.id) ? 'render_error' : closedGate(message, !!showing)

/** Does what is shown still belong here? Not being dismissed: leaving a page, or logging in, is no answer. */
const review = () => {
  if (!showing) return
  const against = eligible(showing.message) || answered(showing.message)
  if (against) {
    const by = /^page_/.test(against) ? 'route' : /^is_/.test(against) ? 'identified' : /^(dismissed|acted)$/.test(against) ? 'other_tab' : 'ended'
    trace.add('message_closed', [showing.message.key, against])
    end('message_closed', { by })
  } else if (!showing.host.isConnected) {
    // A router that replaces the whole body took it along.
    document.body.append(showing.host)
  }
}

/** Ask every gate, at the moment of display and not before. */
const settle = () => {
  looking = false
  review()
  if (showing || !document.body) return
  const next = messages.find((message) => !reasonOf(message))
  if (next) show(next)
}

const look = () => {
  if (looking) return
  looking = true
  setTimeout(() => attempt(settle), 0)
}

/** Show what there is to show, now and whenever something changes. */
export const start = (): void => {
  bus.on('identity', () => {
    review()
    look()
  })
  bus.on('reset', memory.clear)
  bus.on('route', look)
  bus.on('begin', look)
  bus.on('debug', (told) => {
    told.messages = messages.map((message) => ({ key: message.key, reason: reasonOf(message) }))
  })
  // A dialog's `close` does not bubble.
  listen(document, 'DOMContentLoaded visibilitychange close', look, true)
  listen(window, 'focus storage pageshow', look)
  look()
}
