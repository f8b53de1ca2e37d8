/** Chebyshev coefficients of erfc (Numerical Recipes, erfcc): fractional error below 1.2e-7 everywhere. */
const COEFFICIENTS: readonly number[] = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
]

/** ln Φ(z) of the standard normal distribution, exact to 2e-7 also far out in the left tail. */
export function logNormalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const polynomial = COEFFICIENTS.reduceRight((value, next) => value * t + next, 0)
  const logUpper = Math.log(t / 2) - x * x + polynomial
  return z <= 0 ? logUpper : Math.log1p(-Math.exp(logUpper))
}
