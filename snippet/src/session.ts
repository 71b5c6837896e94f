import * as bus from './lib/bus'
import * as pageviews from './pageviews'
import * as permission from './permission'
import * as queue from './queue'
import * as visitor from './visitor'

// Whether this page works: from the moment at which it may, until somebody withdraws that, here or in another tab.

let running = false

/** A page view, and what else follows from a page being there; also after a return from the back-forward cache. */
export const resume = (): void => {
  if (permission.refusal()) return
  running = true
  queue.start()
  pageviews.count()
  bus.emit('begin')
}

/** Stop, and leave nothing behind; what waits is dropped with the next look at the queue. */
const halt = () => {
  running = false
  visitor.forget()
  queue.flush()
  bus.emit('identity')
}

/** Look again whether it may, and who is there. */
export const check = (): void => {
  if (permission.refusal()) running && halt()
  else if (running) visitor.read()
  else resume()
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
  pageviews.watch()
  check()
}
