import { attempt } from './lib/attempt'
import { now as clock } from './lib/natives'
import { genuine } from './lib/genuine'
import type { Place } from './types'

// The place and time that an event is about: this page now, or, for a call made before the script was there, those of the call.

type When = [Place, number]

let before = ''
let recorded: When | undefined

/** In a single-page app the referrer is the page before. The time is in milliseconds. */
export const now = (): When => recorded || [{ url: location.href, title: genuine(document, 'title'), referrer: before || genuine(document, 'referrer') }, clock()]

/** Carry out a call as of the moment when it was made; what it throws stays here. */
export const asOf = <T>(place: Place, time: number, call: () => T): T | undefined => {
  const outer = recorded
  // A page may have broken the clock that was read when the call was recorded.
  recorded = [place, time > 0 && time - time === 0 ? time : clock()]
  const answer = attempt(call)
  recorded = outer
  return answer
}

/** The page was left, without a load, for another one. */
export const left = (url: string): unknown => (before = url)
