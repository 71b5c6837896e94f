import { browser } from './browser.mjs'
import { load } from './load.mjs'

export const CONFIG = { k: 'key', d: ['shop.test'], c: 'passerby', g: 'cookieless' }
export const WWW = 'https://www.shop.test/'

/** Run the snippet in a page. */
export const start = async (page, config) => {
  const { install } = await load('install.ts', { ...page.globals, __PASSERBY__: config })
  install()
}

/** A page with the snippet in it; `globals` are put in the place of the browser's own, or taken away when undefined. */
export const visit = async (url = WWW, { profile, config, globals, ...options } = {}) => {
  const page = browser(url, profile, options)
  Object.assign(page.globals, globals)
  await start(page, { ...CONFIG, ...config })
  return Object.assign(page, { passerby: page.page.passerby, cookies: page.profile.cookies, history: page.globals.history })
}

/** What waits in storage, one text for each page that left something. */
export const leftovers = (page) =>
  Object.entries(page.profile.stored[new URL(WWW).origin]).filter(([key]) => key.startsWith('passerby_q')).map(([, text]) => text)

/** Web Locks, as all pages of one browser share them. */
export const locks = () => {
  const held = new Set()
  const request = async (name, how, act) => {
    if (held.has(name)) return act(null)
    held.add(name)
    try {
      return await act({ name })
    } finally {
      held.delete(name)
    }
  }
  return { request }
}
