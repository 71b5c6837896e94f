/** Taken before a script of the page can put something else in their place. */
export const { parse, stringify: encode } = JSON

/**
 * JSON as it was meant: old libraries give every array (or object) a `toJSON` that makes it a text. Dates and classes that
 * say by themselves what they are keep their word.
 */
export const stringify = (value: unknown): string =>
  encode(
    value,
    ([] as any).toJSON &&
      function (this: any, key, said) {
        const own = this[key]
        return own?.toJSON === ([] as any).toJSON ? own : said
      },
  )
