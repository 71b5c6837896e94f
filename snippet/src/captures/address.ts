import { attempt } from '../lib/attempt'
import { genuine } from '../lib/genuine'

/** The URL that an attribute stands for; undefined for what is none. */
export const urlOf = (written: string): URL | undefined => attempt(() => new URL(written, genuine(document, 'baseURI')))

/** What is told of a URL: no query and no fragment, which may hold what is nobody's business; undefined for what is no web address. */
export const address = (url: URL | undefined): string | undefined => (url && /^http/.test(url.protocol) ? url.origin + url.pathname : undefined)
