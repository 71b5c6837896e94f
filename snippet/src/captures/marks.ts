import { track } from './track'

const EVENT = 'data-passerby-event'
const PROPERTY = 'data-passerby-property-'

/** What carries a mark and is clicked; a form is submitted. */
export const MARKED = `[${EVENT}]:not(form)`

/** Report what the page has written on an element: the event's name, and its properties as texts. */
export const marked = (element: Element): void => {
  const properties = [...element.attributes].flatMap(({ name, value }) =>
    name.startsWith(PROPERTY) ? [[name.slice(PROPERTY.length).replace(/-/g, '_'), value]] : [],
  )
  const event = element.getAttribute(EVENT)
  if (event) track(event, Object.fromEntries(properties))
}
