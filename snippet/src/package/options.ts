/** Where the collector's script is. */
export interface LoadOptions {
  /** The site's `script_url`, or its path on the page's own host: `/rpvzuuuf/xl1458.js`. */
  src: string
  /** For pages whose Content-Security-Policy goes by nonces. */
  nonce?: string
  /** Of a pinned build (`passerby snippet --pin`), whose address is then `src`. */
  integrity?: string
}

/** The settings of the site, which the collector's own script brings along and a bundle has to be given. */
export interface InitOptions {
  /** The site's `write_key`. It is public. */
  writeKey: string
  /** The site's `ingest_url`, or its `prefix` on the page's own host: `/rpvzuuuf`. */
  ingest: string
  /** The site's own domains, each with its subdomains: where the visitor's cookie is set. Else the widest that the browser accepts. */
  domains?: string[]
  /** Base name of the visitor's cookies; `passerby`. */
  cookieName?: string
  /** One visitor over all subdomains; `true`. */
  crossSubdomain?: boolean
  /** What Global Privacy Control and Do Not Track do; `cookieless`. */
  privacySignals?: 'cookieless' | 'off' | 'ignore'
  /** Nothing is stored or sent before `consent('granted')`; `false`. */
  consentRequired?: boolean
  /** A change of the `#hash` is a page view; `false`. */
  hashPages?: boolean
}
