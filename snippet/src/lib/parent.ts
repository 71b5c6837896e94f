import { slice, split } from './natives'

/** The domain above a domain; '' when there is none. */
export const parent = (domain: string): string => slice(domain, split(domain, '.')[0]!.length + 1)
