/** A number in [0, 1), a new one at each call. All chance of a backtest comes from one seed, so that it can be repeated. */
export type Chance = () => number

/** Mulberry32 (T. Ettinger, 2017): small, and good enough to scatter requests. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** How many of `count` things happen when each does with this probability: a draw from the binomial distribution. */
export function draw(count: number, probability: number, chance: Chance): number {
  const whole = Math.round(count)
  if (probability <= 0) return 0
  if (probability >= 1) return whole
  if (probability > 0.5) return whole - draw(whole, 1 - probability, chance)
  // Jumps from one success to the next (Devroye 1986, X.4.3): the cost is of what happens, not of what could.
  const stride = Math.log1p(-probability)
  let happened = 0
  for (let at = jump(stride, chance); at <= whole; at += jump(stride, chance)) happened += 1
  return happened
}

function jump(stride: number, chance: Chance): number {
  return Math.floor(Math.log(1 - chance()) / stride) + 1
}
