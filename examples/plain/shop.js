import * as session from './session.js'

const click = (id, act) => document.getElementById(id).addEventListener('click', act)

const identify = (user) => user && window.passerby?.identify(user.id, { email: user.email })

// The script has run before `load`; `?.` because a visitor's browser may have blocked it.
addEventListener('load', () => identify(session.read()))

click('basket', () => window.passerby?.track('basket_filled', { product: 'heron-vase', price: 42.5 }))
click('sign-in', () => identify(session.begin()))
click('sign-out', () => {
  session.end()
  window.passerby?.reset()
})
