import { BUCKETS } from '../../core/words/exposure-share.ts'

/** HAProxy's largest weight of one server. */
export const WEIGHT_MAX = 256

/** What the servers of each side weigh together. */
export interface Weights {
  readonly candidate: number
  readonly control: number
}

/** How many servers share the weight of each side. */
export interface ServerCounts {
  readonly candidate: number
  readonly control: number
}

/**
 * The weights whose share comes closest to the asked one without exceeding it. Of several with the
 * same share, those that all servers of a side can carry evenly; of these the largest, because a
 * large sum changes least when a server is lost.
 */
export function weightsFor(buckets: number, servers: ServerCounts): Weights {
  const candidateMax = WEIGHT_MAX * servers.candidate
  const controlMax = WEIGHT_MAX * servers.control
  if (buckets <= 0) return { candidate: 0, control: controlMax }
  if (buckets >= BUCKETS) return { candidate: candidateMax, control: 0 }
  let best: Weights = { candidate: 0, control: controlMax }
  for (let control = 1; control <= controlMax; control += 1) {
    const exact = Math.floor((buckets * control) / (BUCKETS - buckets))
    const found = { candidate: Math.min(exact, candidateMax), control }
    if (isBetter(found, best, servers)) best = found
  }
  return best
}

/** Splits a weight among a side's servers, as evenly as whole numbers can. */
export function splitWeight(total: number, servers: number): readonly number[] {
  const [each, rest] = [Math.floor(total / servers), total % servers]
  return Array.from({ length: servers }, (_, i) => (i < rest ? each + 1 : each))
}

/**
 * The smallest step, in buckets: between nothing and one unit on one server, which is the widest gap
 * there is. Either stack may be the candidate, so the smaller one counts.
 */
export function granularityOf(servers: readonly number[]): number {
  return Math.ceil(BUCKETS / (WEIGHT_MAX * Math.min(...servers) + 1))
}

function isBetter(a: Weights, b: Weights, servers: ServerCounts): boolean {
  // Compared as a/(a+x) > b/(b+y), multiplied out so that nothing is rounded.
  const [left, right] = [a.candidate * b.control, b.candidate * a.control]
  if (left !== right) return left > right
  const [unevenA, unevenB] = [unevenness(a, servers), unevenness(b, servers)]
  return unevenA === unevenB ? a.control > b.control : unevenA < unevenB
}

function unevenness({ candidate, control }: Weights, servers: ServerCounts): number {
  return Number(candidate % servers.candidate > 0) + Number(control % servers.control > 0)
}
