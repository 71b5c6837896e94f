import { isArray } from './natives'
import { sayable } from './sayable'

/** What a page says of somebody or something, as it is now; an empty object where it says nothing that has properties. */
export const plainObject = (value: unknown): Record<string, unknown> => {
  const said = value && typeof value === 'object' && sayable(value)
  return said && typeof said === 'object' && !isArray(said) ? said : {}
}
