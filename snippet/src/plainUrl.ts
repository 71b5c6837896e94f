import { config } from './config'
import { split } from './lib/natives'

/** A URL as page views tell them apart: without its fragment, unless the site says that fragments are pages. */
export const plainUrl = (url: string): string => (config.h ? url : split(url, '#')[0]!)
