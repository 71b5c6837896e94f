import type { Config } from '../types.js'
import type { InitOptions, LoadOptions } from './options.js'

// A wrong option is the developer's mistake. It is thrown, at the first run: a `consentRequired` that is misspelt and passed
// over would go unnoticed, and so would a site that measures nothing.

type Rule = [fits: (value: any) => boolean, wanted: string]
type Rules = Record<string, Rule>

const isText = (value: unknown) => typeof value === 'string' && !!value
const isAddress = (value: unknown) => isText(value) && /^(https?:\/)?\/\S/.test(value as string)

const isKey = (value: unknown) => isText(value) && !/^[sp]k_/.test(value as string)
const isDomain = (value: unknown) => typeof value === 'string' && /^[\w-]+(\.[\w-]+)*$/.test(value)
const isName = (value: unknown) => typeof value === 'string' && /^[\w.-]+$/.test(value)

const KEY: Rule = [isKey, 'the write_key of the site; its other keys have no place in a page']
const NAME: Rule = [isName, 'a name for cookies: letters, digits, dots, dashes and underscores']
const TEXT: Rule = [isText, 'a text that is not empty']
const ADDRESS: Rule = [isAddress, 'an address: https://... or a path from the root of the host, /...']
const YES_OR_NO: Rule = [(value) => typeof value === 'boolean', 'true or false']
const DOMAINS: Rule = [(value) => Array.isArray(value) && value.every(isDomain), 'a list of domains, like shop.example']
const SIGNALS: Rule = [(value) => ['cookieless', 'off', 'ignore'].includes(value), '"cookieless", "off" or "ignore"']

const LOAD: Record<keyof LoadOptions, Rule> = { src: ADDRESS, nonce: TEXT, integrity: TEXT }
const INIT: Record<keyof InitOptions, Rule> = {
  writeKey: KEY,
  ingest: ADDRESS,
  domains: DOMAINS,
  cookieName: NAME,
  crossSubdomain: YES_OR_NO,
  privacySignals: SIGNALS,
  consentRequired: YES_OR_NO,
  hashPages: YES_OR_NO,
}

const check = (call: string, given: object | undefined, rules: Rules, needed: string[]) => {
  const options: Record<string, unknown> = { ...given }
  const fail = (name: string, fault: string) => {
    throw new TypeError(`passerby ${call}(): ${name} ${fault}`)
  }
  Object.keys(options).forEach((name) => Object.keys(rules).includes(name) || fail(name, 'is no option'))
  Object.entries(rules).forEach(([name, [fits, wanted]]) => {
    const isLeftOut = options[name] === undefined && !needed.includes(name)
    if (!isLeftOut && !fits(options[name])) fail(name, `must be ${wanted}`)
  })
}

/** Throws a TypeError that names the first option which is wrong. */
export const checkLoad = (options: LoadOptions): void => check('load', options, LOAD, ['src'])

/** Throws a TypeError that names the first option which is wrong. */
export const checkInit = (options: InitOptions): void => check('init', options, INIT, ['writeKey', 'ingest'])

/**
 * A path is one of the page's own host: not of its base, which a <base> or an element of that name decides, nor with a user name
 * of the page's address. Undefined in a document without a host (srcdoc), where the snippet says so.
 */
const directory = (ingest: string): string | undefined => {
  try {
    return new URL(ingest, ingest[0] === '/' ? location.origin : undefined).href
  } catch {}
}

/** What the collector would have put into the bundle's slot, with its defaults. */
export const configOf = (options: InitOptions): Config & { n: true } => ({
  k: options.writeKey,
  d: options.domains ?? [],
  c: options.cookieName ?? 'passerby',
  x: options.crossSubdomain === false,
  g: options.privacySignals === 'ignore' ? false : (options.privacySignals ?? 'cookieless'),
  q: options.consentRequired,
  h: options.hashPages,
  u: directory(options.ingest.replace(/\/?(v1\/batch)?$/, '/')),
  n: true,
})
