import type { Config } from './types'

/** The one slot: the collector puts the site's configuration, a JSON literal, in place of this name. */
declare const __PASSERBY__: Config

export const config = __PASSERBY__
