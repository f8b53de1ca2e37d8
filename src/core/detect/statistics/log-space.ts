/**
 * The logarithm of zero, as a number that survives JSON. Far below every logarithm that a
 * likelihood ratio reaches, so that adding to it gives back what was added.
 */
export const LOG_ZERO = -1e9

/** ln(eᵃ + eᵇ) without overflow. */
export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b)
  if (high <= LOG_ZERO) return LOG_ZERO
  return high + Math.log1p(Math.exp(Math.min(a, b) - high))
}

/** ln Σ eˣ without overflow; `LOG_ZERO` for an empty list. */
export function logSum(values: readonly number[]): number {
  let high = LOG_ZERO
  for (const value of values) high = Math.max(high, value)
  if (high <= LOG_ZERO) return LOG_ZERO
  let sum = 0
  for (const value of values) sum += Math.exp(value - high)
  return high + Math.log(sum)
}

/** The logarithm of a share of probability, with zero kept finite. */
export function logOf(mass: number): number {
  return mass > 0 ? Math.log(mass) : LOG_ZERO
}
