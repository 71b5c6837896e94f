import { snapshot } from '../lib/snapshot.js'
import type { Call, Config } from '../types.js'
import type { Passerby } from './api.js'
import type { InitOptions, LoadOptions } from './options.js'
import { checkInit, checkLoad, configOf } from './settings.js'

export type * from './api.js'
export type * from './options.js'

declare global {
  interface Window {
    /** There once the loader, the script, `load` or `init` has put it there. */
    passerby?: Passerby
  }
}

/** The core bundle as a function of its one slot; `build_package.mjs` puts it in front of this file. */
declare const installCore: (config: Config) => void

/** What stands in `window.passerby`: a queue of calls from the first moment on, a version once the snippet itself is there. */
type Present = Passerby & { q?: Call[]; v?: string }

const METHODS = ['page', 'track', 'identify', 'group', 'reset', 'consent', 'on', 'ready', 'id', 'debug'] as const

const each = (act: (name: string, args: unknown[]) => void) =>
  Object.fromEntries(METHODS.map((name) => [name, (...args: unknown[]) => act(name, args)])) as unknown as Passerby

/** On a server there is no visitor: nothing happens. */
const nobody = () => each(() => {})

const isBrowser = () => typeof document !== 'undefined'

const own = Object.getOwnPropertyDescriptor

/**
 * The page's instance, if anything has put one there. Only a property of its own counts: elements and frames of this name
 * show in `window` too, and a page may have put anything on `Object.prototype`.
 */
const present = (): Present | undefined => {
  const found = own(window, 'passerby') && (window.passerby as Present | undefined)
  return found && own(found, 'q') && Array.isArray(found.q) ? found : undefined
}

/** A property of the document as its class defines it, whatever elements have its name. */
const ofDocument = (name: 'title' | 'referrer'): string => {
  let property: PropertyDescriptor | undefined
  for (let on = Object.getPrototypeOf(document); on && !property; on = Object.getPrototypeOf(on)) property = own(on, name)
  return property ? property.get!.call(document) : document[name]
}

/** Milliseconds; none where a page has broken its clock: the script then takes its own. */
const time = (): number => {
  try {
    return +new Date()
  } catch {
    return 0
  }
}

/** Records calls as `templates/queue.js` does; the script carries them out and puts its own functions in their place. */
const recorder = (): Passerby => {
  const q: Call[] = []
  const record = (name: string, args: unknown[]) => {
    try {
      const place = { url: location.href, title: ofDocument('title'), referrer: ofDocument('referrer') }
      const call: Call = [name, snapshot(args) as unknown[], place, time()]
      // The script puts a `push` of its own there, which carries out what is still recorded by functions that a page has kept.
      if (own(q, 'push')) q.push(call)
      else q[q.length] = call
    } catch {}
  }
  return Object.assign(each(record), { q })
}

type Policies = { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } }

/** Pages under Trusted Types take a script's address only from a policy. */
const trusted = (url: string): string => {
  const { trustedTypes } = window as { trustedTypes?: Policies }
  if (typeof trustedTypes?.createPolicy !== 'function') return url
  return trustedTypes.createPolicy('passerby', { __proto__: null, createScriptURL: (same: string) => same }).createScriptURL(url)
}

const addScript = ({ src, nonce, integrity }: LoadOptions) => {
  const script = document.createElement('script')
  script.async = true
  if (nonce) script.nonce = nonce
  if (integrity) {
    script.integrity = integrity
    script.crossOrigin = 'anonymous'
  }
  script.src = trusted(src)
  document.head.appendChild(script)
}

/**
 * Put `window.passerby` in place and bring the collector's script, which knows the site's settings and messages. Call it as
 * early as you like, and as often: one page has one instance, whoever put it there. On a server it does nothing.
 *
 * @returns what a page can call, at once: calls are recorded until the script is there.
 * @throws TypeError when an option is wrong.
 */
export const load = (options: LoadOptions): Passerby => {
  checkLoad(options)
  if (!isBrowser()) return nobody()
  const found = present()
  if (found) return found
  const passerby = (window.passerby = recorder())
  try {
    addScript(options)
  } catch (error) {
    // The page works on, unmeasured.
    console.error('Passerby: its script was not loaded. Under Trusted Types, allow its policy ("trusted-types passerby").', error)
  }
  return passerby
}

/**
 * Start the snippet that this package contains: no further script is loaded. It does not know the site's settings unless it
 * is given them, and shows no messages. Call it as often as you like; a page that has the snippet keeps the one it has. On a
 * server it does nothing.
 *
 * @returns what a page can call.
 * @throws TypeError when an option is wrong.
 */
export const init = (options: InitOptions): Passerby => {
  checkInit(options)
  if (!isBrowser()) return nobody()
  const found = present()
  if (!found || !own(found, 'v')) installCore(configOf(options))
  return window.passerby!
}
