import type { PageRule } from '../types'
import { glob } from './glob'
import { first, pick } from './list'

/** ASCII only, so that JavaScript and Python agree (they do not about `İ`). */
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** `decodeURI`: reserved characters stay encoded; a text with one malformed escape is left as it is. */
const decoded = (text: string) => {
  try {
    return lower(decodeURI(text))
  } catch (_) {
    return lower(text)
  }
}

const withoutSlash = (path: string) => path.replace(/\/+$/, '') || '/'

/** The texts of a URL that a rule speaks of: several for a repeated query parameter, none for an absent one. */
const subjects = (rule: PageRule, url: string): string[] => {
  const [, authority = '', path = '', search = '', hash = ''] = /^[^:/?#]+:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?#?([^]*)$/.exec(url) || []
  if (rule.part === 'host') return [lower(authority.replace(/^.*@|:\d*$/g, ''))]
  if (rule.part === 'hash') return [decoded(hash)]
  if (rule.part !== 'query') return [withoutSlash(decoded(path))]
  const found: string[] = []
  new URLSearchParams(search).forEach((value, name) => {
    if (lower(name) === lower(rule.name || '')) found[found.length] = lower(value)
  })
  return found
}

const ruleMatches = (rule: PageRule, url: string): boolean => {
  const isPath = !rule.part || rule.part === 'path'
  const raw = rule.value || ''
  const text = isPath || rule.part === 'hash' ? decoded(raw) : lower(raw)
  const whole = isPath ? withoutSlash(text) : text
  const fits = (subject: string): boolean => {
    switch (rule.op) {
      case 'is':
        return subject === whole
      case 'contains':
        return subject.includes(text)
      case 'starts':
        return subject.startsWith(text)
      case 'ends':
        return subject.endsWith(text)
      case 'matches':
        return glob(whole, subject) || (isPath && whole.endsWith('/*') && glob(whole.slice(0, -2), subject))
      case 'exists':
        return rule.part === 'query'
      default:
        return false
    }
  }
  return !!pick(subjects(rule, url), (subject) => fits(subject) || undefined)[0]
}

/**
 * Why a page is not one of those that the rules name, '' when it is. Any matching exclude forbids; of the includes, where
 * there are some, one must match; no rule at all means every page. The Python twin is `collector/domain/rules.py`; both run
 * `tests/unit/golden/rule_vectors.json`.
 */
export const pageReason = (rules: PageRule[] | undefined, url: string): string => {
  const all = rules || []
  const [forbidding] = pick(all, (rule, index) => (rule.exclude && ruleMatches(rule, url) ? index : undefined))
  if (forbidding !== undefined) return 'page_excluded:' + forbidding
  const includes = pick(all, (rule) => (rule.exclude ? undefined : rule))
  return includes.length && !first(includes, (rule) => ruleMatches(rule, url)) ? 'page_not_included' : ''
}
