import { genuine } from '../lib/genuine'
import { first } from '../lib/list'

/** Does one of an event's path fit? The window and the document, which do, too, have names of their own for what markup names. */
const fits = (one: EventTarget, selector: string) => {
  try {
    return genuine(one, 'matches', selector) === true
  } catch (_) {}
}

/** The element nearest to where an event happened that fits a selector, inside open shadow roots too. */
export const within = (event: Event, selector: string): Element | undefined =>
  first(event.composedPath(), (one) => fits(one, selector)) as Element | undefined
