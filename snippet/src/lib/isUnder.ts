import { slice } from './natives'

/** Is a host a domain, or one of its subdomains? */
export const isUnder = (host: string, domain: string): boolean => slice('.' + host, -domain.length - 1) === '.' + domain
