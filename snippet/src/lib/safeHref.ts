/** The addresses that a message may lead to; anything else (`javascript:`, `data:`, `//other.host`) is none. */
export const safeHref = (href: unknown): string => (typeof href === 'string' && /^(https?:\/\/|\/(?!\/)|#|mailto:|tel:)/.test(href) ? href : '')
