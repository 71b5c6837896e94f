import * as bus from '../lib/bus'
import { genuine } from '../lib/genuine'
import { listen } from '../lib/listen'
import { isOn } from './isOn'
import { leaving } from './leaving'
import { QUIETLY } from './quietly'
import { track } from './track'

// How long somebody was there, and how far down they came.

/** Who has not moved for so long (ms) has stopped looking. */
const IDLE = 30000

const timed = isOn('engaged_time')
const scrolled = isOn('scroll_depth')

/** Milliseconds since the last report. */
let engaged = 0
let since: number
let present: boolean
/** Percent of the page's height: so far, and at the last report. */
let furthest: number
let told: number

/** Count the time until now, if somebody was there. */
const tick = () => {
  const now = performance.now()
  if (present) engaged += Math.min(now - since, IDLE)
  since = now
  present = !genuine(document, 'hidden') && genuine(document, 'hasFocus')
}

const measure = () => {
  const percent = Math.round((100 * (scrollY + innerHeight)) / genuine(document, 'documentElement').scrollHeight)
  furthest = Math.max(furthest, Math.min(100, percent))
}

/** Another page, or another visitor, of whom nothing of before is told. */
const begin = () => {
  tick()
  engaged = furthest = told = 0
}

const tell = (routed?: boolean) => {
  tick()
  // After a change of route the height is that of the next page.
  if (!routed) measure()
  const ms = Math.round(engaged)
  if ((timed && ms) || (scrolled && furthest > told)) {
    track('page_engaged', { engaged_ms: timed ? ms : undefined, scroll_percent: scrolled ? furthest : undefined })
  }
  engaged = 0
  told = furthest
  if (routed) begin()
}

/** Watch time and scrolling of this page and those that follow. */
export const engagement = (): void => {
  if (!timed && !scrolled) return
  begin()
  leaving(tell)
  bus.on('begin', begin)
  bus.on('reset', begin)
  listen(window, 'focus blur visibilitychange scroll pointermove pointerdown keydown', ({ type }: Event) => {
    tick()
    // Not on every move: after a change of route the old page may still be there for a moment.
    if (/scroll|down/.test(type)) measure()
  }, QUIETLY)
}
