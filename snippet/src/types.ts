/** What the collector puts into the one slot of the built file, in as few bytes as it takes: what is off is left out. */
export interface Config {
  /** Write key. */
  k: string
  /** The ingest directory with its last slash; left out where the site is installed without an address: then beside the script. */
  u?: string
  /** The npm package, not a script of the collector's: it starts at once. */
  n?: boolean
  /** The site's own registrable domains. */
  d: string[]
  /** Cookie base name. */
  c: string
  /** The id is for this host only, not for its subdomains. */
  x?: boolean
  /** A domain of the site's is not the widest that a browser allows: what is kept says for which it was written. */
  w?: boolean
  /** What Global Privacy Control and Do Not Track do, where they are not ignored. */
  g?: 'cookieless' | 'off' | false
  /** Nothing before `consent('granted')`. */
  q?: boolean
  /** A change of the fragment is a page view. */
  h?: boolean
  /** The captures that are switched on; only the parts that are for them read it. */
  o?: string[]
  /** A device of many people (kiosk mode): each new anonymous id is a stranger's. */
  y?: boolean
  /** Hand visitors over to the site's other domains. */
  j?: true
  /** Public messages; only the core with the message runtime reads them. */
  m?: Message[]
  /** Name of the file, beside the script, that is loaded after the first page view. */
  l?: string
}

/** Where a call was made: taken when it is made, not when it is sent. */
export interface Place {
  url: string
  title: string
  referrer: string
  canonical?: string
  /** Where the visitor landed, when the page has changed its address since. */
  landing?: string
}

/** What is built apart from the core, and starts with what the core shares; one that comes later also with the page that was loaded. */
export type Part = (core: unknown, loaded?: Place) => void

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

/** Outcome of a batch. */
export interface Answer {
  /** 0 when nothing was heard. */
  status: number
  /** Is it done with: stored, or refused for ever? Only the collector says so. */
  end?: boolean
  /** Milliseconds that an answer asks to wait; no number or a negative one when it does not. */
  wait?: number
  /** Anonymous ids that this browser must not use any longer. */
  rotate?: string[]
  /** Detail for `debug()`. */
  detail?: any
}

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

export type Trigger =
  | { type: 'page_ready' }
  | { type: 'delay'; seconds: number }
  | { type: 'scroll'; percent: number }
  | { type: 'event'; name: string }
  | { type: 'click'; selector: string }
  | { type: 'exit_intent'; fallback_seconds?: number }

/** From an hour (0), up to another and without it (24); `days` are those on which they begin. Without a `zone`, on the visitor's clock. */
export interface Hours {
  from?: number
  to?: number
  days?: string[]
  zone?: string
}

export interface Message {
  id: string
  key: string
  revision: number
  run: number
  kind: string
  placement?: { edge?: 'top' | 'bottom' }
  who?: { identity?: 'anonymous' | 'identified' | 'anyone'; all?: { fact: string }[]; none?: { fact: string }[] }
  where?: { pages?: PageRule[] }
  when?: { trigger?: Trigger; starts_at?: string | null; ends_at?: string | null; hours?: Hours }
  often?: { lifetime?: number | null; stop_on?: string[]; caps?: { max: number; per: string }[] }
  priority?: number
  content: { title: string; body?: Inline[][]; actions?: Button[]; close_label?: string }
}
