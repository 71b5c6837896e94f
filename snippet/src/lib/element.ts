/** An element with attributes and children; text always as text. */
export const element = (tag: string, attributes: Record<string, string>, children: (Node | string)[] = []): HTMLElement => {
  const made = document.createElement(tag)
  Object.keys(attributes).forEach((name) => made.setAttribute(name, attributes[name]!))
  made.append(...children)
  return made
}
