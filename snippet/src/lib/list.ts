// Lists without the methods of Array.prototype, some of which old libraries replace by others of the same name.

/** Call `act` with each item, in order. */
export const each = <T>(list: ArrayLike<T>, act: (item: T, index: number) => unknown): void => {
  for (let index = 0; index < list.length; index++) act(list[index]!, index)
}

/** Results of `make` for each item, without those that are undefined. */
export const pick = <T, U>(list: ArrayLike<T>, make: (item: T, index: number) => U | undefined): U[] => {
  const made: U[] = []
  each(list, (item, index) => {
    const one = make(item, index)
    if (one !== undefined) made[made.length] = one
  })
  return made
}

/** The first item that `fits`; undefined when there is none. */
export const first = <T>(list: ArrayLike<T>, fits: (item: T) => unknown): T | undefined => {
  for (let index = 0; index < list.length; index++) if (fits(list[index]!)) return list[index]
}

export const has = <T>(list: ArrayLike<T>, value: T): boolean => first(list, (item) => item === value) !== undefined
