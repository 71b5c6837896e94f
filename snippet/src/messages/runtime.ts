import { config } from '../config'
import { attempt } from '../lib/attempt'
import * as bus from '../lib/bus'
import { genuine } from '../lib/genuine'
import { each, first, has, pick } from '../lib/list'
import { listen } from '../lib/listen'
import * as trace from '../lib/trace'
import * as queue from '../queue'
import { report } from '../report'
import type { Button, Message } from '../types'
import * as visitor from '../visitor'
import { type Drawn, banner, place } from './banner'
import { answered, closedGate, eligible, worn } from './gates'
import * as memory from './memory'
import { again, pageHides, whenSeen } from './seen'
import * as triggers from './triggers'

// Which message appears, and when it goes: pages, logins, tabs and dialogs say when to look. The clock does so only while
// something hides the page, or what is drawn on it.

interface Showing extends Drawn {
  message: Message
  /** The same for the same showing, so that one that is reported twice is counted once. */
  impression: string
  /** Counted: somebody could see it, and only then is anything told of it. */
  seen?: boolean
}

const messages = config.m || []
const MINUTE = 60_000
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
  if (ended?.seen) tell(event, ended, more)
  look()
}

/** A showing counts when it can be seen, and once. */
const count = (shown: Showing) => {
  if (shown.seen) return
  shown.seen = true
  memory.shown(shown.message)
  tell('message_shown', shown)
}

const dismiss = (by: string) => {
  if (!showing) return
  // Whoever answers it has seen it.
  count(showing)
  memory.remember(showing.message, { dismissed: true })
  end('message_dismissed', { by })
}

const act = (action: string, button?: Button) => {
  if (!showing) return
  const steps = button?.do || []
  count(showing)
  tell('message_clicked', showing, { action })
  each(steps, (step) => step.type === 'track' && report('track', { event: step.name, properties: { message: showing!.message.key } }))
  if (first(steps, (step) => step.type === 'dismiss')) return dismiss('action')
  memory.remember(showing.message, { acted: true })
  // A link that leaves the page is followed after this: hand the events over first.
  queue.flush(true)
  // Removed in the next task, because a link that is gone from the page is not followed.
  setTimeout(showing.remove, 0)
  showing = undefined
  look()
}

const show = (message: Message) => {
  const { id } = visitor.read()
  const impression = [id, message.id, message.run, memory.recall(message).times + 1].join('.')
  const drawn = attempt(() => banner(message, { act, dismiss }))
  if (!drawn) {
    broken[broken.length] = message.id
    return
  }
  const shown: Showing = (showing = { message, impression, ...drawn })
  triggers.use(message)
  whenSeen(shown, () => showing === shown && !shown.seen, () => count(shown))
}

/** What throws in the gates of one message is a reason for that one, and leaves the others alone. */
const reasonOf = (message: Message) =>
  showing?.message === message
    ? showing.seen ? 'shown' : 'not_seen'
    : has(broken, message.id) ? 'render_error' : attempt(() => [closedGate(message, !!showing)])?.[0] ?? 'gate_error' // prettier-ignore

/** Does what is shown still belong here? Not being dismissed: leaving a page, or logging in, is no answer. */
const review = () => {
  if (!showing) return
  // One that nobody has seen here may have been seen in another tab meanwhile.
  const against = eligible(showing.message) || answered(showing.message) || (!showing.seen && worn(showing.message))
  if (against) {
    const by = /^page_/.test(against) ? 'route' : /^is_/.test(against) ? 'identified' : /^(dismissed|acted)$/.test(against) ? 'other_tab' : 'ended'
    trace.add('message_closed', [showing.message.key, against])
    end('message_closed', { by })
  } else if (!showing.host.isConnected) {
    // A router that replaces the whole body took it along.
    place(showing.host)
  }
}

/** Ask every gate, at the moment of display and not before. */
const settle = () => {
  looking = false
  review()
  // Not while the page is still being read: where it is made of its own HTML again (React), a stranger in between would be in the way.
  if (genuine(document, 'readyState') === 'loading') return
  each(messages, (message) => /^waiting/.test(reasonOf(message)) && triggers.wait(message))
  if (showing) return
  let next: Message | undefined
  each(messages, (message) => {
    if (!reasonOf(message) && (!next || message.priority! > next.priority!)) next = message
  })
  if (next) show(next)
  else if (pageHides()) {
    looking = true
    again(settle)
  }
}

const look = () => {
  if (looking) return
  looking = true
  setTimeout(() => attempt(settle), 0)
}

/** Show what there is to show, now and whenever something changes. */
export const start = (): void => {
  triggers.start(look)
  bus.on('identity', () => {
    review()
    look()
  })
  bus.on('rotated', memory.clear)
  bus.on('route', look)
  bus.on('begin', look)
  bus.on('debug', (told) => {
    told.messages = pick(messages, (message) => ({ key: message.key, reason: reasonOf(message) }))
  })
  // A dialog's `close` does not bubble.
  listen(document, 'DOMContentLoaded visibilitychange close fullscreenchange', look, true)
  listen(window, 'focus storage pageshow', look)
  // A schedule begins and ends while a page is open.
  if (first(messages, ({ when }) => when?.starts_at || when?.ends_at || when?.hours)) setInterval(look, MINUTE)
  look()
}
