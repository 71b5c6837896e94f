import { attempt } from '../lib/attempt'
import * as bus from '../lib/bus'
import { genuine } from '../lib/genuine'
import { each, first, has, pick } from '../lib/list'
import { listen } from '../lib/listen'
import * as trace from '../lib/trace'
import type { Message, Trigger } from '../types'

// What a message waits for on a page once no other gate is closed: a time, a depth, an event, a click, leaving. A trigger that
// has fired only opens its own gate: all others are asked again then.

interface Waiting {
  id: string
  trigger: Trigger
  fired?: boolean
  timer?: ReturnType<typeof setTimeout>
}

/** Milliseconds on a page before leaving it means something, and outside of it before it is leaving: hands slip. */
const [SETTLED, OUTSIDE] = [5000, 400]

let waiting: Waiting[] = []
/** Names of the events on this page, also those from before a message waited for them. */
let heard: string[] = []
let begun = 0
let leaving: ReturnType<typeof setTimeout> | undefined
let look: () => void

const fire = (one: Waiting) => {
  if (one.fired) return
  one.fired = true
  look()
}

const fireAll = (type: string, fits: (trigger: any) => unknown = () => true) =>
  each(waiting, (one) => one.trigger.type === type && !one.fired && attempt(() => fits(one.trigger)) && fire(one))

/** What scrolls in the middle of the window: the page, or in an application that fills the window, a part of it. */
const scroller = () => {
  const page = document.scrollingElement || genuine(document, 'documentElement')
  let element: Element | null = genuine(document, 'elementFromPoint', innerWidth / 2, innerHeight / 2)
  for (; element && element !== page; element = genuine(element, 'parentElement'))
    if (element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return element
  return page
}

/** Percent of the way down; a page that is read to its end has nothing below. */
const depth = () => {
  const { scrollTop, scrollHeight, clientHeight } = scroller()
  const rest = scrollHeight - clientHeight
  return rest > 1 ? (scrollTop / rest) * 100 : 100
}

const measure = () => {
  // Before, it is shorter than it will be.
  if (genuine(document, 'readyState') === 'complete' && first(waiting, (one) => one.trigger.type === 'scroll' && !one.fired)) {
    const percent = depth()
    // A pixel is not always whole.
    fireAll('scroll', (trigger) => percent > trigger.percent - 0.5)
  }
}

const after = (one: Waiting, seconds: number) => (one.timer = setTimeout(() => fire(one), seconds * 1000))

const arm = (one: Waiting) => {
  const { trigger } = one
  if (trigger.type === 'delay') after(one, trigger.seconds)
  if (trigger.type === 'event' && has(heard, trigger.name)) fire(one)
  if (trigger.type === 'scroll') measure()
  // A finger does not leave the window before the page does.
  if (trigger.type === 'exit_intent' && trigger.fallback_seconds && !matchMedia('(pointer: fine)').matches) after(one, trigger.fallback_seconds)
}

/** Why a message waits; '' when its trigger has fired, or it has none. */
export const waits = ({ id, when }: Message): string => {
  const trigger = when?.trigger
  if (!trigger || trigger.type === 'page_ready' || first(waiting, (one) => one.id === id && one.fired)) return ''
  if (trigger.type !== 'click') return 'waiting:' + trigger.type
  const isSelector = attempt(() => (genuine(document, 'querySelector', trigger.selector), true))
  return isSelector ? 'waiting:click' : 'selector_invalid'
}

/** Wait for the trigger of a message, unless it is waited for. */
export const wait = ({ id, when }: Message): void => {
  if (first(waiting, (one) => one.id === id)) return
  arm((waiting[waiting.length] = { id, trigger: when!.trigger! }))
}

/** The page has changed: what was waited for there is over. */
const forget = () => {
  each(waiting, (one) => clearTimeout(one.timer))
  clearTimeout(leaving)
  waiting = []
  heard = []
  begun = performance.now()
}

/** `again` looks which message may come now. Before anybody else hears of a new page. */
export const start = (again: () => void): void => {
  look = again
  forget()
  // What was called before the script was there is carried out before this.
  heard = pick(trace.entries, ({ code, detail }: any) => (code === 'track' ? detail.event : undefined))
  bus.on('route', forget)
  bus.on('event', ({ type, event }) => {
    if (type !== 'track') return
    heard[heard.length] = event
    fireAll('event', ({ name }) => name === event)
  })
  listen(document, 'click', ({ target }) => fireAll('click', ({ selector }) => genuine(target, 'closest', selector)), true)
  listen(document, 'scroll', measure, { capture: true, passive: true })
  listen(window, 'load resize', measure)
  listen(document, 'mouseout', ({ relatedTarget, clientY, sourceCapabilities }) => {
    // Over the upper edge, where tabs and the address are; not a finger that plays a mouse.
    if (relatedTarget || clientY > 0 || sourceCapabilities?.firesTouchEvents || performance.now() - begun < SETTLED) return
    clearTimeout(leaving)
    leaving = setTimeout(() => fireAll('exit_intent'), OUTSIDE)
  })
  listen(document, 'mouseover', () => clearTimeout(leaving))
}
