/** What leads somewhere. */
export const LINK = 'a[href],area[href]'

/** The element nearest to where an event happened that fits a selector, inside open shadow roots too. */
export const within = <E extends Element>(event: Event, selector: string): E | undefined =>
  event.composedPath().find((one) => (one as E).matches && (one as E).matches(selector)) as E | undefined
