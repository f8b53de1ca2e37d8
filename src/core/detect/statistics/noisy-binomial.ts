/** Nodes and weights of 5-point Gauss-Hermite quadrature (Abramowitz & Stegun, table 25.10). */
const NODES: readonly number[] = [
  -2.020182870456086, -0.9585724646138185, 0.9585724646138185, 2.020182870456086,
]
const WEIGHTS: readonly number[] = [
  0.01995324205904591, 0.3936193231522412, 0.3936193231522412, 0.01995324205904591,
]
/** The weight of the node in the middle, which is the mode itself. */
const MIDDLE = 0.9453087204829419
/** Newton's method on a concave function from zero; converges in 4 to 8 steps at realistic counts. */
const NEWTON_STEPS = 50
const NEWTON_CLOSE = 1e-7

/**
 * ln of the likelihood that `x1` of `x1 + x0` events fall to the candidate when the log odds of
 * that are `logOdds` plus a passing disturbance v ~ N(0, tau²), integrated over v by adaptive
 * Gauss-Hermite quadrature around the mode (5 nodes: ±1e-5 nats). Without binomial coefficient.
 */
export function noisyBinomial(x1: number, x0: number, logOdds: number, tau: number): number {
  if (tau === 0) return logLikelihood(x1, x0, logOdds)
  if (x1 + x0 === 0) return 0
  let mode = 0
  let curvature = 0
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    const theta = 1 / (1 + Math.exp(-(logOdds + mode)))
    const slope = x1 - (x1 + x0) * theta - mode / tau ** 2
    curvature = (x1 + x0) * theta * (1 - theta) + 1 / tau ** 2
    const move = slope / curvature
    mode += move
    if (Math.abs(move) < NEWTON_CLOSE) break
  }
  const width = Math.SQRT2 / Math.sqrt(curvature)
  // Scaled by the mode's own term, which is about the largest: no exponential overflows.
  const peak = logLikelihood(x1, x0, logOdds + mode) - mode ** 2 / (2 * tau ** 2)
  let sum = MIDDLE
  for (let i = 0; i < NODES.length; i += 1) {
    const node = NODES[i] ?? 0
    const v = mode + width * node
    const term = node ** 2 + logLikelihood(x1, x0, logOdds + v) - v ** 2 / (2 * tau ** 2)
    sum += (WEIGHTS[i] ?? 0) * Math.exp(term - peak)
  }
  return peak + Math.log((sum * width) / (Math.sqrt(2 * Math.PI) * tau))
}

function logLikelihood(x1: number, x0: number, logOdds: number): number {
  const plus = softplus(logOdds)
  return x1 * (logOdds - plus) - x0 * plus
}

/** ln(1 + eᶻ) without overflow. */
function softplus(z: number): number {
  return z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z))
}
