import { genuine } from './genuine'
import { each } from './list'

/** An element with attributes and children; text always as text. */
export const element = (tag: string, attributes: Record<string, string>, children: (Node | string)[] = []): HTMLElement => {
  const made: HTMLElement = genuine(document, 'createElement', tag)
  each(Object.keys(attributes), (name) => made.setAttribute(name, attributes[name]!))
  each(children, (child) => made.append(child))
  return made
}
