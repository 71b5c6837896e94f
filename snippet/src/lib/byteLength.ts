/**
 * How many bytes of UTF-8 a JSON text takes at most: three for each character beyond ASCII, which no text exceeds. Counted
 * without `Blob` or `TextEncoder`, because pages replace what they do not have.
 */
export const byteLength = (text: string): number => text.replace(/[^ -~]/g, '...').length
