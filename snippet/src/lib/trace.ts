import { pick } from './list'
import { iso, now } from './natives'

export interface Trace {
  /** ISO 8601. */
  at: string
  code: string
  detail: unknown
}

const KEPT = 50

/** What was done and why: the last fifty decisions, which `debug()` prints. */
export let entries: Trace[] = []

export const add = (code: string, detail?: unknown): Trace => {
  const entry = { at: iso(now()), code, detail }
  entries[entries.length] = entry
  entries = pick(entries, (one, index) => (entries.length - index > KEPT ? undefined : one))
  return entry
}
