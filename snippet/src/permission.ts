import { config } from './config'
import * as kept from './kept'
import { cookieValues } from './lib/jar'
import { has } from './lib/list'
import { asked } from './asked'

const NAME = config.c + '_consent'

/** What was answered in this page, where nothing can be kept; what could be kept and is gone has been taken back. */
let said = ''

/** Why nothing may be stored or sent; '' when it may. Read anew each time, because another tab may have answered. */
export const refusal = (): '' | 'opted_out' | 'no_consent' => {
  // A denial on a wider domain may be one from before the site's setting was narrowed.
  const answer = kept.get(NAME) || said || (has(cookieValues(NAME), 'denied') ? 'denied' : '')
  if (asked === 'off' || answer === 'denied') return 'opted_out'
  return config.q && answer !== 'granted' ? 'no_consent' : ''
}

/** Only what somebody explicitly said is remembered. */
export const remember = (answer: string): unknown => (said = kept.set(NAME, answer) ? '' : answer)
