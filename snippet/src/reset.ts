import * as bus from './lib/bus'
import * as visitor from './visitor'

/**
 * Whoever comes next is somebody else: `userId`, or nobody known yet. A new anonymous id. Events already made keep who they
 * were, and the browser what it has seen of messages.
 */
export const reset = (userId = ''): void => {
  visitor.rotate(userId)
  bus.emit('reset')
  bus.emit('identity')
}
