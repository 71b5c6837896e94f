import { attempt } from './attempt'

/** What apps pass by mistake when nobody is logged in; the same list as the collector's, compared in lower case (R2). */
const NOBODY =
  /^([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object]|nan|none|null|unknown)$/i

/** The user id that a value stands for, '' when it is one that must identify nobody. Numbers become strings. */
export const userIdOf = (value: unknown): string => {
  const id = /string|number/.test(typeof value) ? ('' + value).trim() : ''
  const bare = id.replace(/^(["'])([^]*)\1$/, '$2').trim()
  // Half a surrogate pair cannot be encoded, so it cannot be kept.
  return NOBODY.test(bare) || id.length > 255 || /\0/.test(id) || !attempt(() => encodeURIComponent(id)) ? '' : id
}
