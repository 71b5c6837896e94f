import { attempt } from './attempt'
import { each } from './list'
import { apply, split } from './natives'

/** Listen to one or more (space-separated) events of the browser, without ever throwing into it. */
export const listen = (target: EventTarget, types: string, handler: (event: any) => void, how?: boolean | AddEventListenerOptions): void =>
  each(split(types, ' '), (type) =>
    // Not the target's own property, which may be an element with this name.
    apply(EventTarget.prototype.addEventListener, target, [type, (event: Event) => attempt(() => handler(event)), how]),
  )
