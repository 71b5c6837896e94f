'use server'

import { beginSession, endSession } from './session'

export async function signIn() {
  await beginSession()
}

export async function signOut() {
  await endSession()
}
