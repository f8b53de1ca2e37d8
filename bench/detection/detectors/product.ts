import { judge } from '../../../src/core/detect/judge.ts'
import type { Arm, Poll, Reading } from '../../../src/core/detect/reading.ts'
import { observe, startWatch, type WatchConfig } from '../../../src/core/detect/watch.ts'
import { Detection } from '../../../src/core/strategy/detection.ts'
import { LATENCY_EDGES_MS } from '../../../src/ports/router.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { STARTED_AT } from '../rollout-traffic.ts'
import { BAKE_MS } from '../world.ts'

/** A canary of 5 % of the traffic, in ten-thousandths. */
const SHARE = 500

/** What a strategy says that gives no thought to detection. */
export const DEFAULT_DETECTION = Detection.parse({
  metrics: [
    { name: 'errors', kind: 'error-rate' },
    { name: 'latency', kind: 'latency' },
  ],
})

/** The product as it is shipped: the path of the engine, with a strategy that names two metrics and nothing else. */
export const PRODUCT: readonly DetectorKind[] = [
  {
    name: 'default',
    says: 'errors and latency watched by default settings, α = 1 % together',
    role: 'ours',
    watches: 'both',
    open: () => product(watchConfig()),
  },
]

/** How the engine would watch the one group of a rollout in these worlds. */
export function watchConfig(): WatchConfig {
  return {
    startedAt: STARTED_AT,
    group: { share: SHARE, bake: BAKE_MS, minExposure: 0 },
    groups: 1,
    detection: DEFAULT_DETECTION,
    baseline: null,
  }
}

/** One poll of the router, as the engine would hand it to the watch. */
export function pollOf(look: Look): Poll {
  return {
    source: 'router',
    readings: DEFAULT_DETECTION.metrics.flatMap(({ name }) => [
      readingOf(name, 'candidate', look),
      readingOf(name, 'control', look),
    ]),
  }
}

function readingOf(metric: string, arm: Arm, { at, arms }: Look): Reading {
  return { metric, arm, at, edgesMs: LATENCY_EDGES_MS, ...arms[arm] }
}

function product(config: WatchConfig) {
  let state = startWatch(config)
  return {
    look(look: Look): boolean {
      state = observe(state, pollOf(look), look.at)
      return state.fired !== null && judge(state, look.at).kind === 'fail'
    },
  }
}
