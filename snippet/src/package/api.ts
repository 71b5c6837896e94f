// What the package promises to those who write TypeScript. The snippet's own `api.ts` keeps it.

/**
 * A JSON object, as an event carries it: what JSON cannot say (functions, `undefined`) is left out. Not `unknown`: an object
 * whose type is an `interface` would not fit.
 */
export type Properties = Record<string, any>

/** What is known of a person or a group; any name beside these. */
export interface Traits extends Properties {
  email?: string
}

/** Beside who it is. */
export interface IdentifyOptions {
  /** A text that your server has signed for the user who is signed in: proves who it is. Kept in memory only. */
  token?: string
  /** Somebody else who acts in the user's name, such as your staff: on everything until an `identify` without it, or `reset()`. */
  actor?: string
}

/** Who is in front of this browser. */
export interface Visitor {
  /** The anonymous id, a UUID. */
  id: string
  /** The user id; empty for somebody who is not signed in. */
  user: string
}

/** One event as it is sent: Segment's tracking spec. */
export interface SentEvent {
  type: 'page' | 'track' | 'identify' | 'group'
  messageId: string
  /** When it happened, ISO 8601. */
  timestamp: string
  anonymousId: string
  userId?: string
  /** The name of a `track`. */
  event?: string
  properties?: Properties
  traits?: Traits
  groupId?: string
  context: Properties
  [field: string]: unknown
}

/** Why something was not done; `http_` and the status when the collector said so. */
export type RefusalCode =
  | 'no_consent'
  | 'opted_out'
  | 'illegal_id'
  | 'event_name'
  | 'consent_value'
  | 'too_large'
  | 'not_json'
  | 'no_address'
  | `http_${number}`

/** What `debug()` returns. */
export interface Debug {
  /** Of the snippet. */
  version: string
  /** Where batches go; empty when that is not known. */
  to: string
  /** Why nothing is stored or sent; empty when it may be. */
  refusal: '' | 'no_consent' | 'opted_out'
  /** Who this is; the refusal when nothing may be stored. */
  visitor: Visitor | string
  /** Events that wait to be stored. */
  waiting: number
  /** The last decisions, the newest last. */
  trace: { at: string; code: string; detail?: unknown }[]
  [field: string]: unknown
}

/** What `on` tells of, and what a listener is given with it. */
export interface PasserbyEvents {
  /** An event was made. */
  event: SentEvent
  /** The collector has stored so many events. */
  sent: number
  /** Something was not done. */
  refused: { code: RefusalCode; detail?: unknown }
  /** Somebody was identified. */
  identify: Visitor
  /** The visitor changed, here or in another tab. */
  identity: undefined
  /** `reset()` was called, or somebody else was identified. */
  reset: undefined
  /** A page view without a load. */
  route: undefined
  /** It may work: at the start, or when consent is given. */
  begin: undefined
  /** A message was shown, clicked, dismissed or closed. */
  message: { event: string; [property: string]: unknown }
  /** Anonymous ids that the collector asks this browser to give up. */
  rotate: string[] | undefined
  /** `debug()` was called. */
  debug: Debug
}

/**
 * What a page can call. Nothing here throws, whatever it is given; what is refused is told to `on('refused', ...)`.
 * Calls made before the script is there, or before a prerendered page is shown, are carried out afterwards, as of the moment
 * when they were made; on a server nothing happens.
 */
export interface Passerby {
  /** A page view more. Ordinary ones, routes of a single-page app among them, are counted by themselves. */
  page(name?: string, properties?: Properties): void
  page(properties: Properties): void

  /** Something happened. */
  track(event: string, properties?: Properties): void

  /**
   * This is who it is: call it after sign-in, and on every page of somebody who is signed in (the same again is sent once).
   * Another user than before gets a new anonymous id first.
   */
  identify(userId: string | number, traits?: Traits | null, options?: IdentifyOptions): void
  /** Somebody without a user id: by an email address. */
  identify(traits: Traits, options?: IdentifyOptions): void

  /** The user belongs to this company, team, ... */
  group(groupId: string | number, traits?: Properties): void

  /** Signed out: whoever comes next is somebody else. */
  reset(): void

  /** The visitor's answer, remembered in the browser. */
  consent(answer: 'granted' | 'denied'): void

  /** Listen, for as long as the page lives. */
  on<Name extends keyof PasserbyEvents>(name: Name, listener: (payload: PasserbyEvents[Name]) => void): void

  /** Call `callback` when the script is there; at once if it is already. */
  ready(callback: () => void): void

  /** The anonymous id; undefined while nothing may be stored, and before the script is there: ask in `ready`. */
  id(): string | undefined

  /** Print and return what it knows; undefined before the script is there. */
  debug(): Debug | undefined
}
