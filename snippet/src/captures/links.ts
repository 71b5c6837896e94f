import { config } from '../config'
import { attempt } from '../lib/attempt'
import { genuine } from '../lib/genuine'
import { isUnder } from '../lib/isUnder'
import { first } from '../lib/list'
import { address, urlOf } from './address'
import { hrefOf } from './href'
import { isOn } from './isOn'
import { track } from './track'

/** Endings of what is opened by another program than the browser, or kept. */
const FILE =
  /\.(7z|apk|avi|csv|deb|dmg|docx?|epub|exe|gz|iso|jar|key|m4a|mov|mp[34]|mpe?g|msi|od[pst]|pages|pdf|pkg|pptx?|rar|rpm|rtf|tar|tgz|txt|wav|wmv|xlsx?|zip)$/i
/** Characters of a link's text. */
const LONGEST = 100

const isOwn = (host: string) =>
  isUnder(host, location.hostname.replace(/^www\./, '')) || first(config.d, (domain) => isUnder(host, domain))

const download = (link: Element, { pathname }: URL, url?: string) => {
  // What is no web address has no name of a file in it: a `data:` URL holds the file itself.
  const last = url ? pathname.split('/').pop()! : ''
  const file = genuine(link, 'getAttribute', 'download') || attempt(() => decodeURIComponent(last)) || last
  const [, extension = ''] = /\.(\w+)$/.exec(file) || []
  track('file_downloaded', { url, file, extension: extension.toLowerCase() })
}

/** A link was followed: to a file, or to somebody else's site. One click is one of the two. */
export const followed = (link: Element): void => {
  const to = urlOf(hrefOf(link))
  if (!to) return
  const url = address(to)
  const isFile = genuine(link, 'hasAttribute', 'download') || (url && FILE.test(to.pathname))
  if (isFile && isOn('file_downloads')) download(link, to, url)
  else if (url && isOn('outbound_links') && !isOwn(to.hostname)) {
    const text = genuine(link, 'textContent').replace(/\s+/g, ' ').trim().slice(0, LONGEST)
    track('outbound_link_clicked', { url, text, host: to.host })
  }
}
