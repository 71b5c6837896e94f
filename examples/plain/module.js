// The package's `dist/index.js`, copied to the site: no bundler is needed.
import { load } from '/passerby-snippet/index.js'
import * as session from './session.js'

const passerby = load({ src: '/rpvzuuuf/xl1458.js' })

const click = (id, act) => document.getElementById(id).addEventListener('click', act)

const identify = (user) => user && passerby.identify(user.id, { email: user.email })

identify(session.read())

click('basket', () => passerby.track('basket_filled', { product: 'heron-vase', price: 42.5 }))
click('sign-in', () => identify(session.begin()))
click('sign-out', () => {
  session.end()
  passerby.reset()
})
