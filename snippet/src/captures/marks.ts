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

let before: unknown[] = []

/** Is this click the browser's own, on a field whose label was clicked, inside the same mark? It follows in the same task. */
export const isEcho = (event: Event, mark: Element): boolean => {
  const path = event.composedPath()
  const again = before[0] === mark && path.includes(before[1] as EventTarget)
  before = [mark, path.map((one) => (one as HTMLLabelElement).control).find(Boolean)]
  setTimeout(() => (before = []))
  return again
}
