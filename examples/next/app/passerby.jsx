'use client'

import { useEffect } from 'react'
import { load } from 'passerby-snippet'

/** On the server this does nothing; in the browser it runs once, with the code of the first page. */
export const passerby = load({ src: process.env.NEXT_PUBLIC_PASSERBY_SRC })

/** Tells who is signed in, on every page of theirs. Nobody yet is no reason to `reset`: that belongs to signing out. */
export function Identify({ user }) {
  const { id, email } = user ?? {}
  useEffect(() => {
    if (id) passerby.identify(id, { email })
  }, [id, email])
  return null
}
