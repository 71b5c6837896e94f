/** Of the snippet; it travels with every event. */
export const version = '0.1.0'
