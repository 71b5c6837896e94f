import { config } from '../config'
import { has } from '../lib/list'

/** Has the site switched this capture on? */
export const isOn = (capture: string): boolean => has(config.o || [], capture)
