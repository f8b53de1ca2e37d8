/** A source of numbers in [0, 1). */
export type Random = () => number

/** Above this mean a Poisson number is drawn by rejection; below, counting down is as fast. */
const POISSON_SMALL = 12

/**
 * A seeded stream (sfc32, 128 bits of state), named so that two uses of one seed never share
 * numbers: the same name and seed give the same stream for ever, on every machine.
 */
export function stream(name: string, seed: number): Random {
  let a = hash(`${name}/a`) ^ seed
  let b = hash(`${name}/b`)
  let c = Math.imul(seed, 0x9e3779b1) | 0
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 15; round += 1) next()
  return next
}

/** FNV-1a: spreads names over 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const letter of text) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return value | 0
}

/** A standard normal number (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** A Poisson number: by counting for small means, else by transformed rejection (Hörmann 1993, PTRS). */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0
  return mean < POISSON_SMALL ? poissonByCounting(mean, random) : poissonByRejection(mean, random)
}

function poissonByCounting(mean: number, random: Random): number {
  const floor = Math.exp(-mean)
  let product = random()
  let count = 0
  while (product > floor) {
    product *= random()
    count += 1
  }
  return count
}

function poissonByRejection(mean: number, random: Random): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const accepted = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random() - 0.5
    const v = 1 - random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= accepted) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    const bound = Math.log((v * inverseAlpha) / (a / (us * us) + b))
    if (bound <= k * Math.log(mean) - mean - logFactorial(k)) return k
  }
}

function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1
    for (let i = 2; i <= n; i += 1) product *= i
    return Math.log(product)
  }
  const x = n + 1
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x ** 3)
}

/** How many of `n` trials succeed, each with probability `p`; walks from success to success, so it costs about n·min(p, 1−p). */
export function binomial(n: number, p: number, random: Random): number {
  if (n <= 0 || p <= 0) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - binomial(n, 1 - p, random)
  const logFail = Math.log1p(-p)
  let successes = 0
  let at = Math.floor(Math.log(1 - random()) / logFail)
  while (at < n) {
    successes += 1
    at += 1 + Math.floor(Math.log(1 - random()) / logFail)
  }
  return successes
}
