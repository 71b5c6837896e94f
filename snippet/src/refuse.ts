import * as bus from './lib/bus'
import * as trace from './lib/trace'

/** Say, with a code that does not change, why something is not done. */
export const refuse = (code: string, detail?: unknown): void => bus.emit('refused', trace.add(code, detail))
