import * as trace from './trace'

let last: string

/**
 * Run `fn`; what it throws stays here, because nothing of ours may be thrown into the page. It is noted, but not again and
 * again: storage that is blocked throws at every touch.
 */
export const attempt = <T>(fn: () => T): T | undefined => {
  try {
    return fn()
  } catch (error) {
    // Even asking what was thrown may throw.
    try {
      if (last !== (last = '' + error)) trace.add('error', last)
    } catch {}
  }
}
