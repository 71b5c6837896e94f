import { exec, slice } from './natives'
import { partsOf, rewritten } from './rewritten'
import { odd } from './sayable'

/** Characters of an address beside its path, and of one of its parameters. */
const LONGEST = 2000
const PARAMETER = 255

/** Where a visit came from: never left out. */
const CAMPAIGN = /^(utm_|\w*cl?k?id=)/
/** Parameters that hand a visitor over: never cut either. */
const TOKEN = /^passerby_/

/** Not in the middle of an encoded character. */
const cut = (text: string) => (text.length > PARAMETER ? exec(/^[^]*?(?=%.?$|$)/, slice(text, 0, PARAMETER))![0] + '...' : text)

/** An address that can be kept: the path whole, long parameters cut, and those left out for which there is no room. */
export const shortUrl = (url: string): string => {
  const { path, fragment } = partsOf(url)
  if (url.length - path.length < LONGEST) return url
  let room = LONGEST
  const short = rewritten(slice(url, 0, url.length - fragment.length), (parameter) => {
    if (exec(TOKEN, parameter)) return parameter
    const kept = cut(parameter)
    return (room -= kept.length + 1) > 0 || exec(CAMPAIGN, parameter) ? kept : ''
  })
  return odd(short + cut(fragment))
}
