import { config } from './config'
import { browser } from './lib/browser'

/** What to do because this visitor's browser asks not to be tracked (Global Privacy Control, Do Not Track). */
export const asked = (browser('globalPrivacyControl') || browser('doNotTrack') === '1') && config.g

/**
 * Nothing may be kept in this browser, or can be: a sandboxed page has no origin, and is not let read the answer to a request
 * that takes cookies along.
 */
export const cookieless = window.origin === 'null' || asked === 'cookieless'
