import * as bus from './lib/bus'
import * as queue from './queue'
import * as visitor from './visitor'

/** Stop, and leave nothing behind. */
export const halt = (): void => {
  queue.clear()
  visitor.forget()
  bus.emit('identity')
}
