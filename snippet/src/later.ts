import { config } from './config'
import * as here from './here'
import { attempt } from './lib/attempt'
import * as bus from './lib/bus'
import { each } from './lib/list'
import { exec } from './lib/natives'
import * as trace from './lib/trace'
import { plainUrl } from './plainUrl'
import { tag } from './transport'
import type { Part, Place } from './types'

// What no first view needs comes after it, in a file of its own beside the script. By `import()`, not by an element: it carries
// the nonce of this script on, is none of what Trusted Types guard, loads an address once, and needs no name that a page could
// have replaced.

/** An address up to the last slash of its path, without a user's name and password. */
const FOLDER = /^(https?:\/\/)(?:[^/?#]*@)?([^?#]*\/)/

const place = (): Place => ({ ...here.now()[0], url: plainUrl(location.href) })

let asked: unknown

/**
 * Bring the file once the collector has answered to the first page view: not before consent, not for a page that nobody has
 * seen, and not where a content blocker would refuse it as well.
 */
export const start = (core: unknown): void => {
  let loaded = place()
  bus.on('sent', async () => {
    if (asked) return
    asked = true
    try {
      const now = place()
      // By now it has its title.
      if (now.url === loaded.url) loaded = now
      // The script's own folder; the ingest directory where no tag says which that is.
      const found = (exec(FOLDER, tag) || exec(FOLDER, config.u || ''))!
      const parts: Part[] = (await import(found[1]! + found[2] + config.l)).default
      each(parts, (part) => attempt(() => part(core, loaded)))
      trace.add('loaded', config.l)
    } catch (error) {
      attempt(() => trace.add('not_loaded', '' + error))
    }
  })
}
