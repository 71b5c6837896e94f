import { apply, get, getPrototypeOf } from './natives'

/**
 * What the engine itself says of an element or of the document: a property's value, or what a method answers. Markup lays its
 * own names over both: `<input name="attributes">` over its form, `<img name="hidden">` over the document. These are objects
 * always; then the interface is asked, which is above them in the chain of prototypes and out of their reach.
 */
export const genuine = (thing: any, name: string, ...args: unknown[]): any => {
  const said = thing[name]
  if (typeof said !== 'object' && typeof said !== 'function') return said
  const value = get(getPrototypeOf(thing)!, name, thing)
  return typeof value === 'function' ? apply(value, thing, args) : value
}
