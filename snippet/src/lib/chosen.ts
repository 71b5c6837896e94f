import { first } from './list'
import { exec, split } from './natives'

/** The level in a value's mark, as a text; undefined where it has none. */
const levelOf = (value: string): any => {
  const found = exec(/\.@(\d+)$/, value)
  return found ? found[1] : undefined
}

/**
 * Of all values under one name the one that was written for a page with this mark, else one of a narrower domain (the setting
 * was widened), without its mark; '' when there is none. The collector decides alike (`collector/web/ingest/cookie_marks.py`).
 */
export const chosen = (values: string[], mark: string): string => {
  const level = levelOf(mark)
  const isNarrower = (value: string) => {
    const other = levelOf(value)
    return other && (!level || (level > 0 && (other < 1 || +other > level)))
  }
  return split(first(values, (value) => levelOf(value) === level) || first(values, isNarrower) || '', '.@')[0]!
}
