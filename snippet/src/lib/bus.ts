import { attempt } from './attempt'
import { each } from './list'

type Listener = (payload?: any) => void

const listeners: { name: string; hear: Listener }[] = []

/** Who wants to hear of what; one listener that throws does not keep the others from hearing. */
export const on = (name: string, hear: Listener): unknown => (listeners[listeners.length] = { name, hear })

export const emit = (name: string, payload?: unknown): void => each(listeners, (one) => one.name === name && attempt(() => one.hear(payload)))
