/** Is a host a domain, or one of its subdomains? */
export const isUnder = (host: string, domain: string): boolean => ('.' + host).endsWith('.' + domain)
