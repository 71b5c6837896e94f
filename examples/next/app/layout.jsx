import Link from 'next/link'
import { SignIn, SignOut } from './buttons'
import { Identify } from './passerby'
import { readSession } from './session'

export const metadata = { title: 'Vases', icons: { icon: 'data:,' } }

export default async function Layout({ children }) {
  const user = await readSession()
  return (
    <html lang="en">
      <body>
        <Identify user={user} />
        <nav>
          <Link href="/">Home</Link> <Link href="/products">Products</Link> {user ? <SignOut /> : <SignIn />}
        </nav>
        {children}
      </body>
    </html>
  )
}
