import { genuine } from '../lib/genuine'
import { each, first, has } from '../lib/list'
import { track } from './track'

const EVENT = 'data-passerby-event'
const PROPERTY = 'data-passerby-property-'

/** What carries a mark and is clicked; a form is submitted. */
export const MARKED = `[${EVENT}]:not(form)`

/** Report what the page has written on an element: the event's name, and its properties as texts. */
export const marked = (element: Element): void => {
  const properties: Record<string, string> = { __proto__: null } as any
  each(genuine(element, 'attributes') as NamedNodeMap, ({ name, value }) => {
    if (name.startsWith(PROPERTY)) properties[name.slice(PROPERTY.length).replace(/-/g, '_')] = value
  })
  const event = genuine(element, 'getAttribute', EVENT)
  if (event) track(event, properties)
}

/** The mark of the last click in this task, and the label's field that the browser clicks next. */
let last: Element | undefined
let field: EventTarget | undefined

/** Is this click the browser's own, on a field whose label was clicked, inside the same mark? It follows in the same task. */
export const isEcho = (event: Event, mark: Element): boolean => {
  const path = event.composedPath()
  const again = last === mark && has(path, field!)
  last = mark
  const label = first(path, (one) => genuine(one, 'localName') === 'label' && genuine(one, 'control'))
  field = label && genuine(label, 'control')
  setTimeout(() => (last = field = undefined))
  return again
}
