// Stands for however your app knows who is signed in; a real session is signed or kept on the server.
import { cookies } from 'next/headers'

const COOKIE = 'session'

/** The user who is signed in, or null. */
export const readSession = async () => {
  const found = (await cookies()).get(COOKIE)
  return found ? { id: found.value, email: 'ada@example.com' } : null
}

export const beginSession = async () => (await cookies()).set(COOKIE, 'user-7', { httpOnly: true, sameSite: 'lax' })

export const endSession = async () => (await cookies()).delete(COOKIE)
