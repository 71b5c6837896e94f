import { attempt } from './attempt'

/** Listen to one or more (space-separated) events of the browser, without ever throwing into it. */
export const listen = (target: EventTarget, types: string, handler: (event: any) => void, how?: boolean | AddEventListenerOptions): void =>
  types.split(' ').forEach((type) => target.addEventListener(type, (event) => attempt(() => handler(event)), how))
