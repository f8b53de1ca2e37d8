import type { Histogram } from './histogram.ts'

/**
 * `AnyChange`: evidence that two arms differ at all in how their requests spread over categories
 * (status codes, endpoints, spans per trace), in either direction. H₀: equal in every slice.
 * Source: Turner, Ly & Grünwald, JSPI 2024 (arXiv 2106.02693), with predictive Dirichlet estimates.
 */
export interface AnyChange {
  /** Pseudo-counts and counts per category. */
  readonly candidate: Histogram
  readonly control: Histogram
  readonly logE: number
}

/** `prior` is the expected spread, worth `strength` requests in each arm. */
export function newAnyChange(prior: readonly number[], strength: number): AnyChange {
  const counts = prior.map((share) => share * strength)
  return { candidate: counts, control: counts, logE: 0 }
}

/** Judges a slice by what was known before it, then learns from it. */
export function growAnyChange(
  state: AnyChange,
  candidate: Histogram,
  control: Histogram,
): AnyChange {
  const [n1, n0] = [sum(candidate), sum(control)]
  const [all1, all0] = [sum(state.candidate), sum(state.control)]
  let logL = 0
  for (const [k, count1] of state.candidate.entries()) {
    const q1 = count1 / all1
    const q0 = (state.control[k] ?? 0) / all0
    const mean = (n1 * q1 + n0 * q0) / Math.max(1, n1 + n0)
    const [h1, h0] = [candidate[k] ?? 0, control[k] ?? 0]
    if (h1 > 0) logL += h1 * Math.log(q1 / mean)
    if (h0 > 0) logL += h0 * Math.log(q0 / mean)
  }
  return {
    candidate: state.candidate.map((count, k) => count + (candidate[k] ?? 0)),
    control: state.control.map((count, k) => count + (control[k] ?? 0)),
    logE: state.logE + logL,
  }
}

function sum(counts: Histogram): number {
  return counts.reduce((all, count) => all + count, 0)
}
