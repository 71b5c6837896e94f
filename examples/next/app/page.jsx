export default function Home() {
  return <h1>Vases</h1>
}
