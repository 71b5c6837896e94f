import { each } from './list'
import { exec, slice, split } from './natives'

/** Path, query and fragment of an address, the last two with the character that begins them. */
export const partsOf = (url: string): { path: string; query: string; fragment: string } => {
  const found = exec(/^([^?#]*)(\??[^#]*)(#?[^]*)$/, url)!
  return { path: found[1]!, query: found[2]!, fragment: found[3]! }
}

/** An address with other parameters: what `keep` makes of each, or says '' to. */
export const rewritten = (url: string, keep: (parameter: string) => string): string => {
  const { path, query, fragment } = partsOf(url)
  let kept = ''
  each(split(slice(query, 1), '&'), (parameter) => {
    const one = parameter && keep(parameter)
    if (one) kept += (kept ? '&' : '?') + one
  })
  return path + kept + fragment
}
