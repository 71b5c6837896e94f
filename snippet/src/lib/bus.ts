import { attempt } from './attempt'

type Listener = (payload?: any) => void

const listeners: [string, Listener][] = []

/** Who wants to hear of what; one listener that throws does not keep the others from hearing. */
export const on = (name: string, listener: Listener): unknown => listeners.push([name, listener])

export const emit = (name: string, payload?: unknown): void =>
  listeners.forEach(([wanted, listener]) => wanted === name && attempt(() => listener(payload)))
