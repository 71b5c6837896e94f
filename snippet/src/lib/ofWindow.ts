import { owns } from './natives'

/**
 * A property that the window itself has: elements with an id, frames with a name, and what a page has put on Object.prototype
 * only show there, where an engine does not know the property.
 */
export const ofWindow = (name: string): any => (owns(window, name) ? (window as any)[name] : undefined)
