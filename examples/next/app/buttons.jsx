'use client'

import { signIn, signOut } from './actions'
import { passerby } from './passerby'

export const SignIn = () => (
  <form action={signIn}>
    <button>Sign in</button>
  </form>
)

export const SignOut = () => {
  const leave = async () => {
    await signOut()
    passerby.reset()
  }
  return (
    <form action={leave}>
      <button>Sign out</button>
    </form>
  )
}

export const AddToBasket = () => (
  <button onClick={() => passerby.track('basket_filled', { product: 'heron-vase', price: 42.5 })}>Add to basket</button>
)
