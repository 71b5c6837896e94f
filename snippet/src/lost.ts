/** As long as the events are many that the bounded queue had to drop; the next event tells it, and empties this. */
export const lost: unknown[] = []
