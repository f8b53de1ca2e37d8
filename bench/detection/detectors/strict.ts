import { plus, total } from '../../../src/core/detect/statistics/histogram.ts'
import { latencyOrder, watchedEdges } from '../../../src/core/detect/statistics/latency-order.ts'
import { latencyShift } from '../../../src/core/detect/statistics/latency-shift.ts'
import {
  grow,
  logEvidence,
  newOnsetMixture,
} from '../../../src/core/detect/statistics/onset-mixture.ts'
import { rateRatio } from '../../../src/core/detect/statistics/rate-ratio.ts'
import { RATIO_GRID } from '../../../src/core/detect/statistics/ratio-grid.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { BAKE_MS } from '../world.ts'

const LOG_FIRE = Math.log(100)
/** The part of the bet on "from the first request", where onsets are mixed. */
const AT_START = 0.6
/** Requests of the control before its quantiles are known well enough to choose edges. */
const LEARN_MIN = 100
const RATIO_WEIGHTS = RATIO_GRID.map(() => 1 / RATIO_GRID.length)

/** The bare statistics without any guard for a world that is not ideal: how near to the limit the bet itself comes. */
export const STRICT: readonly DetectorKind[] = [
  {
    name: 'strict',
    says: 'RateRatio, tolerance 1, all of the bet on the start, α = 1 %',
    role: 'variant',
    watches: 'errors',
    open: () => strictErrors(() => 0, 1),
  },
  {
    name: 'strict, onsets',
    says: 'RateRatio, tolerance 1, 0.6 of the bet on the start, the rest over the bake',
    role: 'variant',
    watches: 'errors',
    open: () => strictErrors((ms) => ((1 - AT_START) * ms) / BAKE_MS, AT_START),
  },
  {
    name: 'strict latency',
    says: 'LatencyOrder and LatencyShift, half each, all of the bet on the start',
    role: 'variant',
    watches: 'latency',
    open: strictLatency,
  },
]

function strictErrors(stakeOf: (elapsedMs: number) => number, atStart: number) {
  let mixture = newOnsetMixture(RATIO_GRID.length)
  let before: Look | null = null
  return {
    look(look: Look): boolean {
      const first = before === null
      const elapsed = look.at - (before?.at ?? look.at)
      before = look
      const { candidate, baseline, fleet } = look.fresh
      const slice = {
        n1: candidate.requests,
        x1: candidate.errors,
        n0: baseline.requests + fleet.requests,
        x0: baseline.errors + fleet.errors,
      }
      mixture = grow(mixture, (first ? atStart : 0) + stakeOf(elapsed), rateRatio(slice, 1))
      return logEvidence(mixture, RATIO_WEIGHTS) >= LOG_FIRE
    },
  }
}

function strictLatency() {
  let past: readonly number[] = []
  let edges: readonly number[] = []
  let logM: readonly number[] | null = null
  return {
    look({ fresh }: Look): boolean {
      const control = plus(fresh.baseline.latency, fresh.fleet.latency)
      if (logM === null && total(past) >= LEARN_MIN) {
        edges = watchedEdges(past)
        logM = []
      }
      let fires = false
      if (logM !== null && total(control) > 0) {
        const candidate = fresh.candidate.latency
        const order = latencyOrder(candidate, control, past, edges)
        const shift = latencyShift(candidate, control, past)
        const old = logM
        logM = [...order, ...shift].map((logL, j) => (old[j] ?? 0) + logL)
        const weight = (j: number) => 0.5 / (j < order.length ? order.length : shift.length)
        const top = Math.max(...logM)
        const sum = logM.reduce((all, value, j) => all + weight(j) * Math.exp(value - top), 0)
        fires = top + Math.log(sum) >= LOG_FIRE
      }
      past = plus(past, control)
      return fires
    },
  }
}
