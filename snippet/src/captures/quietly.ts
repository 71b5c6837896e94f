/** How captures listen: before the page's own listeners can end the event's way, and unable to prevent anything. */
export const QUIETLY = { __proto__: null, capture: true, passive: true } as AddEventListenerOptions
