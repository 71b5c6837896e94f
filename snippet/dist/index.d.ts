import type { Passerby } from './api.js';
import type { InitOptions, LoadOptions } from './options.js';
export type * from './api.js';
export type * from './options.js';
declare global {
    interface Window {
        /** There once the loader, the script, `load` or `init` has put it there. */
        passerby?: Passerby;
    }
}
/**
 * Put `window.passerby` in place and bring the collector's script, which knows the site's settings and messages. Call it as
 * early as you like, and as often: one page has one instance, whoever put it there. On a server it does nothing.
 *
 * @returns what a page can call, at once: calls are recorded until the script is there.
 * @throws TypeError when an option is wrong.
 */
export declare const load: (options: LoadOptions) => Passerby;
/**
 * Start the snippet that this package contains: no further script is loaded. It does not know the site's settings unless it
 * is given them, and shows no messages. Call it as often as you like; a page that has the snippet keeps the one it has. On a
 * server it does nothing.
 *
 * @returns what a page can call.
 * @throws TypeError when an option is wrong.
 */
export declare const init: (options: InitOptions) => Passerby;
