import { attempt } from './lib/attempt'
import type { Place } from './types'

// The place and time that an event is about: this page now, or, for a call made before the script was there, those of the call.

let before = ''
let recorded: [Place, number] | undefined

/** In a single-page app the referrer is the page before. The time is in milliseconds. */
export const now = (): [Place, number] => recorded || [{ url: location.href, title: '' + document.title, referrer: before || document.referrer }, Date.now()]

export const place = (): Place => now()[0]

/** Carry out a call as of the moment when it was made; what it throws stays here. */
export const asOf = (place: Place, time: number, call: () => unknown): unknown => {
  recorded = [place, time]
  const answer = attempt(call)
  recorded = undefined
  return answer
}

/** The page was left, without a load, for another one. */
export const left = (url: string): unknown => (before = url)
