import { exec } from './natives'

/**
 * What apps pass by mistake when nobody is logged in, also between quotes; the same list as the collector's, compared in lower
 * case (R2). And what no cookie can hold: a null, half a surrogate pair, more than 255 characters.
 */
const NOBODY =
  /^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu

/** The user id that a value stands for, '' when it is one that must identify nobody. Numbers become strings. */
export const userIdOf = (value: unknown): string => {
  const id = exec(/string|number|bigint/, typeof value) ? exec(/^\s*([^]{0,256}?)\s*$|/, '' + value)![1] || '' : ''
  return exec(NOBODY, id) ? '' : id
}
