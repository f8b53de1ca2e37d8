/** All chance in a simulation comes from one seed, so that a failure can be seen again. */
export interface Chance {
  /** A number in [0, 1). */
  readonly next: () => number
  /** True this often. */
  readonly happens: (share: number) => boolean
  /** A whole number from `low` to `high`, both possible. */
  readonly between: (low: number, high: number) => number
  readonly pick: <Value>(values: readonly [Value, ...Value[]]) => Value
  /** A stream of chance of its own, so that what one part draws does not move what another draws. */
  readonly fork: (name: string) => Chance
}

/** Mulberry32: small, fast and good enough to scatter faults. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    happens: (share) => next() < share,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
    fork: (name) =>
      chanceFrom(
        Array.from(name).reduce(
          (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619),
          seed,
        ),
      ),
  }
}
