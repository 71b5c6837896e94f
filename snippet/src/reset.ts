import { config } from './config'
import * as kept from './kept'
import * as bus from './lib/bus'
import * as visitor from './visitor'

/**
 * Whoever comes next is somebody else: `userId`, or nobody known yet. A new anonymous id, no memory of messages. Events
 * already made keep who they were.
 */
export const reset = (userId = ''): void => {
  kept.set(config.c + '_m', '')
  visitor.rotate(userId)
  bus.emit('reset')
  bus.emit('identity')
}
