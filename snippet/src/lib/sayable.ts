import { apply, isArray, iso, keys, owns, slice, tag } from './natives'

// Values as JSON can say them: what it has no word for becomes a text that a person can read, and what is too much is cut.

/** How many values were replaced or cut. */
let count = 0

/** So many since this was last asked. */
export const altered = (): number => {
  const before = count
  count = 0
  return before
}

/** Note that a value was replaced by another. */
export const odd = (text: string): string => {
  count++
  return text
}

/** Values looked at in all, because an object may be a whole application. */
const PATIENCE = 20000

interface Above {
  value: unknown
  above?: Above
}

/**
 * A copy of a value as it is now, whatever the page does with it later. Texts have at most `longest` characters, objects and lists
 * `most` members, and there are `deepest` levels.
 */
export const sayable = (value: unknown, longest = 30000, most = 3000, deepest = 16): any => {
  let patience = PATIENCE
  const cut = (text: any): string => (text.length > longest ? odd(slice(text, 0, longest) + '...') : text)

  /** Objects, most of which JSON has no word for. Those that say by themselves what they are, are asked. */
  const ofObject = (value: any, depth: number, above?: Above): any => {
    const kind = tag(value)
    if (kind === '[object Date]') return value - value === 0 ? iso(value) : odd('' + value)
    const list = isArray(value)
    const { toJSON } = value
    // Not one that an old library gives to everything.
    if (!list && toJSON && toJSON !== ({} as any).toJSON) return say([apply(toJSON, value, [])], 0, depth + 1, above)
    for (let one = above; one; one = one.above) if (one.value === value) return odd('[Circular]')
    if (kind === '[object Map]' || kind === '[object Set]') {
      const all: any = kind === '[object Set]' ? [] : { __proto__: null }
      value.forEach((member: unknown, key: unknown) => (all[all.length ?? '' + key] = member))
      odd('')
      return say([all], 0, depth, { value, above })
    }
    if (!list && kind !== '[object Object]') return odd(cut('' + value))
    if (owns(value, '$$typeof')) return odd('[React element]')
    if (depth > deepest || patience < 0) return odd(kind)
    const copy: any = list ? [] : { __proto__: null }
    // What a page has given to all lists is not asked, though it might throw.
    if (list) copy.toJSON = undefined
    const names: any = list ? value : keys(value)
    // A list may say that it has four thousand million members.
    for (let index = 0; index < names.length; index++) {
      if (index === most) {
        odd('')
        break
      }
      copy[list ? index : cut(names[index])] = say(value, list ? index : names[index], depth + 1, { value, above })
    }
    return copy
  }

  const say = (holder: any, name: any, depth: number, above?: Above): any => {
    try {
      const value = holder[name]
      const type = typeof value
      patience--
      if (type === 'string') return cut(value)
      // Functions, like what is undefined, are left out.
      if (value == null || type === 'boolean' || type === 'function' || (type === 'number' && value - value === 0)) return value
      return type === 'object' ? ofObject(value, depth, above) : odd(String(value))
    } catch {
      return odd('[unreadable]')
    }
  }

  return say([value], 0, 0)
}
