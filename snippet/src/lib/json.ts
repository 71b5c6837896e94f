/** Taken before a script of the page can put something else in their place. */
export const { parse, stringify } = JSON
