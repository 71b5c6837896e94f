/** How many events the bounded queue had to drop since the last event that told of some. */
let count = 0

export const add = (more: number): unknown => (count += more)

export const take = (): number | undefined => {
  const told = count || undefined
  count = 0
  return told
}
