import * as bus from './lib/bus'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import * as visitor from './visitor'

// Whether this page works: from the moment at which it may, until somebody withdraws that, here or in another tab.

let running = false

/** Stop, and leave nothing behind. */
const halt = () => {
  running = false
  visitor.forget()
  queue.clear()
  pageviews.tidy()
  bus.emit('identity')
}

/** Look again whether it may, and who is there. To begin, or to begin `anew` in a page that is shown again, is to count it. */
export const check = (anew?: boolean): void => {
  if (permission.refusal()) running && halt()
  else if (running && !anew) visitor.read()
  else {
    running = true
    queue.start()
    pageviews.look(true)
    bus.emit('begin')
  }
}

/** Somebody has said yes or no. */
export const decide = (answer: 'granted' | 'denied'): void => {
  permission.remember(answer)
  if (answer === 'denied') halt()
  check()
}

/** A page that is shown. What a late answer of the collector has set after a withdrawal is removed here. */
export const start = (): void => {
  if (permission.refusal() === 'opted_out') halt()
  check()
  pageviews.watch()
}
