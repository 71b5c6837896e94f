import { useEffect } from 'react'
import { load } from 'passerby-snippet'

/** One instance for the whole app: a component that is mounted twice cannot make a second. */
export const passerby = load({ src: import.meta.env.VITE_PASSERBY_SRC })

/** Tell who is signed in, on every page of theirs. Nobody yet is no reason to `reset`: that belongs to signing out. */
export const useIdentify = (user) => {
  useEffect(() => {
    if (user) passerby.identify(user.id, { email: user.email })
  }, [user])
}
