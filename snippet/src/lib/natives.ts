// What the core needs of the engine, taken once: old libraries replace natives by functions of the same name and another
// meaning. Where those of this page do not return what they should, a fresh realm's are taken, that of an empty frame.
// Lists are worked on without any (`list.ts`).

const taken = ({ Array, Date, JSON, Object, Reflect, RegExp, String, encodeURIComponent, decodeURIComponent }: any) => {
  const { apply, get, getPrototypeOf, set } = Reflect as typeof globalThis.Reflect
  /** A method as a function of what it is called on. */
  const of =
    (method: any): any =>
    (self: unknown, ...args: unknown[]) =>
      apply(method, self, args)
  const iso = of(Date.prototype.toISOString)
  const encode = JSON.stringify
  const define = Object.defineProperty
  return {
    apply,
    get,
    getPrototypeOf,
    set,
    owns: of(Object.prototype.hasOwnProperty) as (self: unknown, name: string) => boolean,
    /** Set a property of an object, whatever its prototype says of the name. */
    define: (self: object, name: string, value: unknown): unknown =>
      define(self, name, { __proto__: null, value, configurable: true, enumerable: true, writable: true }),
    keys: Object.keys as (self: object) => string[],
    tag: of(Object.prototype.toString) as (self: unknown) => string,
    isArray: Array.isArray as (self: unknown) => self is unknown[],
    split: of(String.prototype.split) as (self: string, by: string) => string[],
    slice: of(String.prototype.slice) as (self: string, from: number, to?: number) => string,
    exec: of(RegExp.prototype.exec) as (self: RegExp, text: string) => string[] | null,
    encode: encodeURIComponent as (text: string) => string,
    decode: decodeURIComponent as (text: string) => string,
    parse: JSON.parse as (text: string) => any,
    /** No `toJSON` is asked: what says by itself what it is was asked before (`sayable.ts`). */
    stringify: (value: unknown): string =>
      encode(value, function (this: any, key: string) {
        return this[key]
      }),
    /** Milliseconds since 1970. */
    now: Date.now as () => number,
    /** ISO 8601 of a Date or of milliseconds. */
    iso: (time: any): string => iso(new Date(time)),
  }
}

type Natives = ReturnType<typeof taken>

/** Natives of a realm, if they do what they should. */
const sound = (realm: unknown): Natives | undefined => {
  try {
    const it = taken(realm)
    const { owns, tag, isArray, now } = it
    const own: any = {}
    const parts = it.split('b&&c', '&')
    it.define(own, 'a', it.getPrototypeOf(own) === own.__proto__)
    it.set(own, 'b', it.parse('{"c":[1]}'))
    // Not as a list, whose conversion to a text is the page's.
    const done =
      it.stringify({ __proto__: null, a: it.get(own, 'a'), b: own.b, c: it.keys(own) }) +
      parts.length + parts[2] + it.slice('abc', 1) + it.exec(/b./, 'abc')![0] + isArray([]) + isArray(own) + it.iso(0) +
      typeof now() + (now() > 1e12) + owns(own, 'a') + owns(own, 'c') + tag([]) + it.encode('/') + it.decode('%2F') // prettier-ignore
    const right = '{"a":true,"b":{"c":[1]},"c":["a","b"]}3cbcbctruefalse1970-01-01T00:00:00.000Znumbertruetruefalse[object Array]%2F/'
    if (done === right) return it
  } catch {}
}

const fresh = () => {
  try {
    const frame = document.createElement('iframe')
    document.documentElement.appendChild(frame)
    const realm = sound(frame.contentWindow)
    frame.parentNode!.removeChild(frame)
    return realm
  } catch {}
}

export const { apply, define, get, getPrototypeOf, set, owns, keys, tag, isArray, split, slice, exec, encode, decode, parse, stringify, now, iso } = sound(window) || fresh() || taken(window)
