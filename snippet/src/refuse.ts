import * as bus from './lib/bus'
import * as trace from './lib/trace'

/** Say, with a code that does not change, why something is not done. */
export const refuse = (code: string, detail?: unknown): void => {
  trace.add(code, detail)
  bus.emit('refused', { code, detail })
}
