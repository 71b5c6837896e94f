import { config } from '../config'

/** Has the site switched this capture on? */
export const isOn = (capture: string): boolean => !!config.o && config.o.includes(capture)
