import { isArray } from './natives'
import { sayable } from './sayable'

/** Snapshot of an object that a page says; an empty one where it says nothing that has properties. */
export const plainObject = (value: unknown): Record<string, unknown> => {
  const said = value && typeof value === 'object' && sayable(value)
  return said && typeof said === 'object' && !isArray(said) ? said : {}
}
