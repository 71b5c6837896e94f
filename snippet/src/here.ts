import type { Place } from './types'
import { plainUrl } from './plainUrl'

let before = document.referrer

/** The page of this moment. In a single-page app the referrer is the page before. */
export const place = (): Place => ({ url: plainUrl(location.href), title: document.title, referrer: before })

/** The page was left, without a load, for another one. */
export const left = (url: string): unknown => (before = url)
