// Events that the bounded queue had to drop, told once with the next event.

let count = 0

export const add = (dropped: number): unknown => (count += dropped)

export const take = (): number => {
  const taken = count
  count = 0
  return taken
}
