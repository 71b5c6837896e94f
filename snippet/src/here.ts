import type { Place } from './types'

// The place and time that an event is about: this page now, or, for a call made before the script was there, those of the call.

let before = document.referrer
let recorded: [Place, number] | undefined

/** In a single-page app the referrer is the page before. */
export const place = (): Place => (recorded ? recorded[0] : { url: location.href, title: document.title, referrer: before })

/** Milliseconds. */
export const time = (): number => (recorded ? recorded[1] : Date.now())

/** Carry out a call as of the moment when it was made. */
export const asOf = (place: Place, time: number, call: () => void): void => {
  recorded = [place, time]
  call()
  recorded = undefined
}

/** The page was left, without a load, for another one. */
export const left = (url: string): unknown => (before = url)
