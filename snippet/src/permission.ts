import { config } from './config'
import * as kept from './kept'
import { asked } from './asked'

const NAME = config.c + '_consent'

/** What was answered in this page, where nothing can be kept; what could be kept and is gone has been taken back. */
let said = ''

/** Why nothing may be stored or sent; '' when it may. Read anew each time, because another tab may have answered. */
export const refusal = (): '' | 'opted_out' | 'no_consent' => {
  const answer = kept.get(NAME) || said
  if (asked === 'off' || answer === 'denied') return 'opted_out'
  return config.q && answer !== 'granted' ? 'no_consent' : ''
}

/** Only what somebody explicitly said is remembered. */
export const remember = (answer: string): unknown => (said = kept.set(NAME, answer) ? '' : answer)
