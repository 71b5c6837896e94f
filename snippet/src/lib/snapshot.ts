// What was said is what it was when it was said: a recorded call keeps copies of its arguments. The pasted forms do the same
// (templates/queue.js), so nothing here may lean on what a page can replace, nor throw.

interface Above {
  v: object
  r: object
  above?: Above
}

/** Members that are copied of one call, and of one object: beyond them things stay what they are, and are cut when they are sent. */
const MOST = 5000
const MOST_OF_ONE = 3000
const DEEPEST = 16

const own = Object.getOwnPropertyDescriptor

/** Set a property whatever its name means to `Object.prototype`. */
const set = (on: object, name: PropertyKey, value: unknown) =>
  Object.defineProperty(on, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true } as PropertyDescriptor)

/**
 * A copy of objects and lists all the way down. What says by itself what it is (dates, whatever has a `toJSON`), functions,
 * nodes and everything else stay themselves, and so does what cannot be read.
 */
export const snapshot = (value: unknown): unknown => {
  let left = MOST
  const copy = (v: any, above: Above | undefined, depth: number): unknown => {
    try {
      if (Object(v) !== v || depth > DEEPEST || left <= 0 || own(v, '$$typeof')) return v
      const r: any = Array.isArray(v) ? [] : {}
      // They may be set, filled and emptied.
      if (/(Date|Map|Set)]$/.test({}.toString.call(v))) return new v.constructor(v)
      // An old library may have given a `toJSON` to everything.
      if (v.toJSON !== r.toJSON || {}.toString.call(v) !== {}.toString.call(r)) return v
      for (let one = above; one; one = one.above) if (one.v === v) return one.r
      let count = 0
      for (const name in v) {
        const property = own(v, name)
        if (!property) continue
        if (count++ > MOST_OF_ONE) break
        left--
        try {
          set(r, name, copy(v[name], { v, r, above }, depth + 1))
        } catch {
          Object.defineProperty(r, name, property)
        }
      }
      return r
    } catch {
      return v
    }
  }
  return copy(value, undefined, 0)
}
