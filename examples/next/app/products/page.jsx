import { AddToBasket } from '../buttons'

export const metadata = { title: 'All vases' }

export default function Products() {
  return (
    <>
      <h1>All vases</h1>
      <AddToBasket />
    </>
  )
}
