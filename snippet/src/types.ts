/** What the collector puts into the one slot of the built file, in as few bytes as it takes: what is off is left out. */
export interface Config {
  /** Write key. */
  k: string
  /** The ingest directory with its last slash, where it is not that of the script (the npm package). */
  u?: string
  /** The site's own registrable domains. */
  d: string[]
  /** Cookie base name. */
  c: string
  /** The id is for this host only, not for its subdomains. */
  x?: boolean
  /** What Global Privacy Control and Do Not Track do, where they are not ignored. */
  g?: 'cookieless' | 'off' | false
  /** Nothing before `consent('granted')`. */
  q?: boolean
  /** A change of the fragment is a page view. */
  h?: boolean
  /** The captures that are switched on; only the bundles with captures and vitals read them. */
  o?: string[]
  /** Hand visitors over to the site's other domains. */
  j?: true
  /** Public messages; only the bundle with the message runtime reads them. */
  m?: Message[]
}

/** Where a call was made: taken when it is made, not when it is sent. */
export interface Place {
  url: string
  title: string
  referrer: string
  canonical?: string
}

/** A call that waits for the script: name, arguments, where, when (ms). The loader of `templates/loader.js` records the same. */
export type Call = [name: string, args: any[], place: Place, time: number]

export type EventType = 'page' | 'track' | 'identify' | 'group'

/** One event of Segment's tracking spec, as it goes over the wire. */
export interface WireEvent {
  type: EventType
  messageId: string
  timestamp: string
  anonymousId: string
  userId?: string
  context: Record<string, unknown>
  [field: string]: unknown
}

export interface Visitor {
  /** The anonymous id. */
  id: string
  /** The user id, '' for somebody who is not logged in. */
  user: string
}

/** What a page can say to `identify` beside who it is; checked by the collector. */
export interface Options {
  /** A text that the site's server has signed: proves who it is. It goes out with `identify`, and is kept in memory only. */
  token?: unknown
  /** The company, team, ... that `group` has named. */
  groupId?: unknown
  /** The text by which the site knows who acts in the user's name: on everything until an `identify` without it, or `reset()`. */
  actor?: unknown
}

/**
 * What the collector said to a batch: status, 0 when nothing was heard; milliseconds that it asks to wait, no number or a
 * negative one when it does not; anonymous ids that this browser must not use any longer.
 */
export type Answer = [status: number, wait?: number, rotate?: string[]]

export interface PageRule {
  part?: 'path' | 'query' | 'hash' | 'host'
  op: 'is' | 'contains' | 'starts' | 'ends' | 'matches' | 'exists'
  name?: string
  value?: string
  exclude?: boolean
}

export type Action = { type: 'open'; href: string; target?: 'self' | 'blank' } | { type: 'dismiss' } | { type: 'track'; name: string }

export interface Button {
  id: string
  label: string
  style?: 'primary' | 'secondary' | 'link'
  do: Action[]
}

/** A text, or `["b", ...]`, `["em", ...]`, `["a", text, href]`. */
export type Inline = string | Inline[]

export interface Theme {
  preset?: 'auto' | 'light' | 'dark'
  bg?: string
  fg?: string
  accent?: string
  accent_fg?: string
  radius?: number
  font?: 'inherit' | 'system'
}

export interface Message {
  id: string
  key: string
  revision: number
  run: number
  kind: string
  placement?: { edge?: 'top' | 'bottom'; max_width?: number }
  who?: { identity?: 'anonymous' | 'identified' | 'anyone'; all?: { fact: string }[]; none?: { fact: string }[] }
  where?: { pages?: PageRule[] }
  when?: { trigger?: { type: string }; starts_at?: string | null; ends_at?: string | null }
  often?: { lifetime?: number | null; stop_on?: string[] }
  priority?: number
  content: { title: string; body?: Inline[][]; actions?: Button[]; close_label?: string }
  theme?: Theme
}
