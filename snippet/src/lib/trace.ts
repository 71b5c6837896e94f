export interface Trace {
  at: Date
  code: string
  detail: unknown
}

const KEPT = 50

/** What was done and why: the last fifty decisions, which `debug()` prints. */
export const entries: Trace[] = []

export const add = (code: string, detail?: unknown): Trace => {
  const entry = { at: new Date(), code, detail }
  entries.push(entry)
  if (entries.length > KEPT) entries.shift()
  return entry
}
