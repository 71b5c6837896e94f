import { useEffect, useState } from 'react'
import { Link, Route, Routes, useLocation } from 'react-router'
import { passerby, useIdentify } from './passerby'
import * as session from './session'

const TITLES = { '/': 'Vases', '/products': 'All vases' }

const Home = () => <h1>Vases</h1>

const Products = () => (
  <>
    <h1>All vases</h1>
    <button onClick={() => passerby.track('basket_filled', { product: 'heron-vase', price: 42.5 })}>Add to basket</button>
  </>
)

export const App = () => {
  const [user, setUser] = useState(session.read)
  const { pathname } = useLocation()
  useIdentify(user)
  useEffect(() => {
    document.title = TITLES[pathname]
  }, [pathname])

  const signOut = () => {
    session.end()
    setUser(null)
    passerby.reset()
  }

  return (
    <>
      <nav>
        <Link to="/">Home</Link> <Link to="/products">Products</Link>{' '}
        {user ? <button onClick={signOut}>Sign out</button> : <button onClick={() => setUser(session.begin())}>Sign in</button>}
      </nav>
      <Routes>
        <Route path="/" element={<Home />} />
        <Route path="/products" element={<Products />} />
      </Routes>
    </>
  )
}
