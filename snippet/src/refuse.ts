import * as bus from './lib/bus'
import * as trace from './lib/trace'

/** Say, with a code that does not change, why something is not done; the answer is that it is not. */
export const refuse = (code: string, detail?: unknown): false => {
  bus.emit('refused', trace.add(code, detail))
  return false
}
