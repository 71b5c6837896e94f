// Stands for however your app knows who is signed in.
const KEY = 'session'

export const read = () => JSON.parse(sessionStorage.getItem(KEY))

export const begin = () => {
  const user = { id: 'user-7', email: 'ada@example.com' }
  sessionStorage.setItem(KEY, JSON.stringify(user))
  return user
}

export const end = () => sessionStorage.removeItem(KEY)
