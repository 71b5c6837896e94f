// What TypeScript makes of the package. Compiled, never called; each line after `@ts-expect-error` has to be wrong.
import { init, load, type Debug, type Passerby, type SentEvent, type Visitor } from 'passerby-snippet'

export const entrances = (): Passerby[] => [
  load({ src: '/rpvzuuuf/xl1458.js' }),
  load({ src: '/rpvzuuuf/xl1458.js', nonce: undefined, integrity: 'sha384-...' }),
  init({ writeKey: 'wk_1', ingest: '/rpvzuuuf' }),
  init({ writeKey: 'wk_1', ingest: '/rpvzuuuf', domains: ['example.com'], privacySignals: 'off', consentRequired: true }),
]

export const wrongEntrances = () => {
  // @ts-expect-error: where the script is has to be said
  load({})
  // @ts-expect-error: no such option
  load({ src: '/rpvzuuuf/xl1458.js', writeKey: 'wk_1' })
  // @ts-expect-error: where batches go has to be said
  init({ writeKey: 'wk_1' })
  // @ts-expect-error: a misspelt option
  init({ writeKey: 'wk_1', ingest: '/rpvzuuuf', consentrequired: true })
  // @ts-expect-error: one of three
  init({ writeKey: 'wk_1', ingest: '/rpvzuuuf', privacySignals: 'on' })
}

export const calls = (passerby: Passerby): void => {
  passerby.page()
  passerby.page('Checkout', { step: 2 })
  passerby.page({ step: 2 })
  passerby.track('product_viewed', { product: 'heron-vase', price: 42.5, tags: ['blue'] })
  passerby.identify('user-7', { email: 'ada@example.com', plan: 'regular' }, { token: 'eyJ...', actor: 'staff-3' })
  passerby.identify(7)
  passerby.identify('user-7', null, { token: 'eyJ...' })
  passerby.identify({ email: 'ada@example.com' }, { token: 'eyJ...' })
  passerby.group('company-3', { name: 'Example Ltd' })
  passerby.reset()
  passerby.consent('granted')
  passerby.ready(() => {})
  const id: string | undefined = passerby.id()
  const told: Debug | undefined = passerby.debug()
  window.passerby?.track(id ?? told?.version ?? '')
}

interface Viewed {
  product: string
  price?: number
}

export const ownTypes = (passerby: Passerby, viewed: Viewed): void => {
  passerby.track('product_viewed', viewed)
  passerby.page('Vase', viewed)
  passerby.identify('user-7', viewed)
  passerby.group('company-3', viewed)
}

export const wrongCalls = (passerby: Passerby): void => {
  // @ts-expect-error: an event has a name
  passerby.track()
  // @ts-expect-error: properties are an object
  passerby.track('product_viewed', 'heron-vase')
  // @ts-expect-error: nobody is no user
  passerby.identify(null)
  // @ts-expect-error: an address is a text
  passerby.identify('user-7', { email: 7 })
  // @ts-expect-error: no such option
  passerby.identify('user-7', {}, { jwt: 'eyJ...' })
  // @ts-expect-error: a group has an id
  passerby.group({ name: 'Example Ltd' })
  // @ts-expect-error: granted or denied
  passerby.consent(true)
  // @ts-expect-error: there may be no id
  const id: string = passerby.id()
  // @ts-expect-error: it may not be there
  window.passerby.track(id)
}

export const listeners = (passerby: Passerby): void => {
  passerby.on('event', ({ type, messageId }: SentEvent) => [type, messageId])
  passerby.on('sent', (count) => count.toFixed())
  passerby.on('refused', ({ code, detail }) => (code === 'no_consent' ? detail : code.startsWith('http_')))
  passerby.on('identify', ({ id, user }: Visitor) => id + user)
  passerby.on('reset', () => {})
  passerby.on('message', ({ event }) => event.length)
  // @ts-expect-error: no such name
  passerby.on('identified', () => {})
  // @ts-expect-error: a number
  passerby.on('sent', (events) => events.length)
  passerby.on('refused', ({ code }) => {
    // @ts-expect-error: no such code
    if (code === 'no_such_code') return
  })
}
