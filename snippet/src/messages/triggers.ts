import { attempt } from '../lib/attempt'
import * as bus from '../lib/bus'
import { genuine } from '../lib/genuine'
import { each, first, pick } from '../lib/list'
import { listen } from '../lib/listen'
import * as trace from '../lib/trace'
import type { Message, Trigger } from '../types'

// What a message waits for on a page once no other gate is closed: a time, a depth, an event, a click, leaving. A trigger that
// has fired only opens its own gate: all others are asked again then.

interface Waiting {
  id: string
  trigger: Trigger
  /** `performance.now()`. */
  since: number
  fired?: boolean
  /** Not again on this page. */
  over?: boolean
  timer?: ReturnType<typeof setTimeout>
}

/** Milliseconds: on a page before leaving it means something; outside of it before it is leaving, as hands slip; until a page has its height. */
const [SETTLED, OUTSIDE, RESTED] = [5000, 400, 1000]

let waiting: Waiting[] = []
/** Events, and where they happened: those of this page count also when they came before a message waited for them. */
let heard: { name: string; url: string }[] = []
let begun = 0
let leaving: ReturnType<typeof setTimeout> | undefined
let look: () => void

const fire = (one: Waiting) => {
  if (one.fired || one.over) return
  one.fired = true
  look()
}

const fireAll = (type: string, fits: (trigger: any, one: Waiting) => unknown = () => true) =>
  each(waiting, (one) => one.trigger.type === type && !one.fired && attempt(() => fits(one.trigger, one)) && fire(one))

/** What scrolls in the middle of the window: the page, or in an application that fills the window, a part of it. */
const scroller = () => {
  const page = document.scrollingElement || genuine(document, 'documentElement')
  let element: Element | null = genuine(document, 'elementFromPoint', innerWidth / 2, innerHeight / 2)
  for (; element && element !== page; element = genuine(element, 'parentElement'))
    if (element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return element
  return page
}

/** A page that is read to its end has nothing below; one that has only just come may not have it yet. */
const measure = () => {
  if (genuine(document, 'readyState') !== 'complete' || !first(waiting, (one) => one.trigger.type === 'scroll' && !one.fired)) return
  const { scrollTop, scrollHeight, clientHeight } = scroller()
  const rest = scrollHeight - clientHeight
  // A pixel is not always whole, nor is a millisecond.
  fireAll('scroll', ({ percent }, { since }) => (rest > 1 ? (scrollTop / rest) * 100 > percent - 0.5 : performance.now() - since > RESTED - 50))
}

const after = (one: Waiting, seconds: number, act = () => fire(one)) => (one.timer = setTimeout(() => attempt(act), seconds * 1000))

const arm = (one: Waiting) => {
  const { trigger } = one
  if (trigger.type === 'delay') after(one, trigger.seconds)
  // Not at once: after a route change this is the height, and the place, of the page before.
  if (trigger.type === 'scroll') after(one, RESTED / 1000, measure)
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
  const trigger = when!.trigger!
  const one: Waiting = (waiting[waiting.length] = { id, trigger, since: performance.now() })
  arm(one)
  if (trigger.type === 'event' && first(heard, ({ name }) => name === trigger.name)) fire(one)
}

/** It is shown. An event and a click may come again; a time, a depth and leaving do so once a page. */
export const use = ({ id }: Message): void =>
  each(waiting, (one) => {
    if (one.id !== id) return
    one.fired = false
    one.over = !/^(event|click)$/.test(one.trigger.type)
  })

/** The page has changed, or who is in front of it: what was waited for is over. Events may have come after its address. */
const forget = (anew?: boolean) => {
  each(waiting, (one) => clearTimeout(one.timer))
  clearTimeout(leaving)
  waiting = []
  heard = anew ? [] : pick(heard, (one) => (one.url === location.href ? one : undefined))
  begun = performance.now()
}

const hear = (name: string) => {
  const url = location.href
  if (!first(heard, (one) => one.name === name && one.url === url)) heard[heard.length] = { name, url }
}

/** `again` looks which message may come now. Before anybody else hears of a new page. */
export const start = (again: () => void): void => {
  look = again
  // What was called before the script was there is carried out before this.
  each(trace.entries, ({ code, detail }: any) => code === 'track' && hear(detail.event))
  bus.on('route', () => forget())
  bus.on('rotated', () => forget(true))
  bus.on('event', ({ type, event }) => {
    if (type !== 'track') return
    hear(event)
    fireAll('event', ({ name }) => name === event)
  })
  listen(window, 'pageshow', ({ persisted }) => persisted && forget(true))
  listen(document, 'click', ({ target }) => fireAll('click', ({ selector }) => genuine(target, 'closest', selector)), true)
  listen(document, 'scroll', measure, { capture: true, passive: true })
  listen(window, 'load resize', measure)
  listen(document, 'mouseout', ({ relatedTarget, clientY, sourceCapabilities }) => {
    // Over the upper edge, where tabs and the address are; not a finger that plays a mouse.
    if (relatedTarget || clientY > 0 || sourceCapabilities?.firesTouchEvents || performance.now() - begun < SETTLED) return
    clearTimeout(leaving)
    leaving = setTimeout(() => fireAll('exit_intent'), OUTSIDE)
  }, true) // prettier-ignore
  listen(document, 'mouseover', () => clearTimeout(leaving), true)
}
