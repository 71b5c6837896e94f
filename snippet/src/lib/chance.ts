import { attempt } from './attempt'

/** At random between 0 and 1, whatever a page has made of `Math`. */
export const chance = (): number => +attempt(() => Math.random())! || 0.5
