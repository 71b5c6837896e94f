import * as bus from './lib/bus'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import * as visitor from './visitor'

// Whether this page works: from the moment at which it may, until somebody withdraws that, here or in another tab.

/**
 * Why this page does not work, '' while it does. At first as if nobody had been asked: somebody who has said no must find
 * nothing here, not even what a late answer of the collector has set since.
 */
let hindrance = 'no_consent'

/** Stop, and leave nothing behind. */
const halt = () => {
  visitor.forget()
  queue.clear()
  pageviews.release(true)
  pageviews.tidy()
  bus.emit('identity')
}

/** Look again whether it may, and who is there. To begin, or to begin `anew` in a page that is shown again, is to count it. */
export const check = (anew?: boolean): void => {
  const before = hindrance
  hindrance = permission.refusal()
  if (hindrance) hindrance !== before && halt()
  else {
    if (before || anew) {
      queue.start()
      pageviews.look(true)
      bus.emit('begin')
    }
    visitor.read()
  }
}

/** Somebody has said yes or no. */
export const decide = (answer: 'granted' | 'denied'): void => {
  permission.remember(answer)
  check()
}
