/**
 * Does the whole of `text` fit `pattern`? `*` is any run of characters, also none and across `/`; `:name` is one or more
 * characters other than `/`; a backslash makes the next character literal (a last one stands for itself).
 * Follows the set of positions reachable so far, so the time is at most pattern times text, whatever the pattern.
 */
export const glob = (pattern: string, text: string): boolean => {
  let reached = [true]
  for (const token of pattern.match(/\\[^]|:[A-Za-z_]\w*|[^]/g) || []) {
    const next: boolean[] = []
    for (let end = 0; end <= text.length; end++) {
      const extended = end > 0 && next[end - 1]!
      const stepped = end > 0 && reached[end - 1]!
      const last = text[end - 1]
      if (token === '*') next[end] = reached[end]! || extended
      else if (/^:./.test(token)) next[end] = last !== '/' && (stepped || extended)
      else next[end] = stepped && last === token[token.length - 1]
    }
    reached = next
  }
  return !!reached[text.length]
}
