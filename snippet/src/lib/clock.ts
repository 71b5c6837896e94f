import { attempt } from './attempt'
import { now } from './natives'

/** Milliseconds on a clock that only goes forward, whoever sets that of the device. */
export const clock = (): number => +attempt(() => performance.now())! || now()
