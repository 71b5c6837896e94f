/**
 * How many bytes of UTF-8 a JSON text takes at most: three for each character beyond ASCII, which no text exceeds. Counted
 * without `Blob` or `TextEncoder`, because pages replace what they do not have.
 */
export const byteLength = (text: string): number => {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) if (text[index]! > '~') bytes += 2
  return bytes
}
