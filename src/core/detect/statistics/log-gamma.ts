/** Stirling's series is exact to 1e-12 from here on; smaller arguments are shifted up to it. */
const STIRLING_FROM = 9
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)

/** ln Γ(z) for z > 0, to about 1e-11. Source: Stirling's series with four terms, and Γ(z+1) = z·Γ(z). */
function logGamma(z: number): number {
  let [shifted, product] = [z, 1]
  while (shifted < STIRLING_FROM) {
    product *= shifted
    shifted += 1
  }
  const inverse = 1 / shifted
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680))))
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + series - Math.log(product)
  )
}

/** ln B(a, b), the logarithm of the Beta function, for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}
