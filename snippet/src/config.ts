import type { Config } from './types'

/** The one slot: the collector puts the site's configuration, a JSON literal, in place of this name. */
declare const __PASSERBY__: Config

/** Without a prototype: what a page has put on that of all objects is nothing that the site has said. */
export const config = { __proto__: null, ...__PASSERBY__ } as unknown as Config
