/** A run of neighbours that share one value. */
interface Pool {
  readonly value: number
  readonly weight: number
  readonly length: number
}

/** The non-decreasing values nearest to the given ones, by weighted squares (pool adjacent violators). */
export function isotonic(values: readonly number[], weights: readonly number[]): readonly number[] {
  const pools: Pool[] = []
  for (const [k, value] of values.entries()) {
    let last: Pool = { value, weight: weights[k] ?? 1, length: 1 }
    for (let before = pools.at(-1); before !== undefined; before = pools.at(-1)) {
      if (before.value <= last.value) break
      pools.pop()
      const weight = before.weight + last.weight
      const mean = (before.value * before.weight + last.value * last.weight) / weight
      last = { value: mean, weight, length: before.length + last.length }
    }
    pools.push(last)
  }
  return pools.flatMap(({ value, length }) => Array.from({ length }, () => value))
}
