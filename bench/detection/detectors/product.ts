import { judge } from '../../../src/core/detect/judge.ts'
import type { Learnt } from '../../../src/core/detect/lessons.ts'
import type { Arm, Poll, Reading } from '../../../src/core/detect/reading.ts'
import {
  type Baseline,
  baselineOf,
  learnFrom,
  observe,
  startWatch,
  type WatchConfig,
} from '../../../src/core/detect/watch.ts'
import type { WatchState } from '../../../src/core/detect/watch-state.ts'
import { SECOND } from '../../../src/core/kernel/instant.ts'
import { Detection } from '../../../src/core/strategy/detection.ts'
import { LATENCY_EDGES_MS } from '../../../src/ports/router.ts'
import type { Briefing, DetectorKind } from '../detector.ts'
import type { Forgiveness } from '../limit.ts'
import type { Look } from '../look.ts'
import { pastRollouts } from '../past.ts'
import { RolloutTraffic, STARTED_AT } from '../rollout-traffic.ts'
import { BAKE_MS, TICK_MS } from '../world.ts'

/** A canary of 5 % of the traffic, in ten-thousandths. */
const SHARE = 500
/** The strategy's own default. */
const EXPOSURE_MIN = 50

/** How long it takes to start the candidate and to test it; meanwhile the engine watches the control. */
const OPENING_MS = 30 * SECOND

type Settings = WatchConfig['detection']

/** What a strategy says that gives no thought to detection. */
export const DEFAULT_DETECTION: Settings = Detection.parse({ metrics: ['errors', 'latency'] })
/** The same for a team that wants to hear of any slowness at all. */
const EXACT_DETECTION: Settings = Detection.parse({
  metrics: ['errors', { name: 'latency', kind: 'latency' }],
})

/**
 * The product as it is shipped: the path of the engine, with a strategy that names two metrics and
 * nothing else, on a workload that has had some good rollouts before. Beside it the same without
 * a past, and with nothing forgiven in latencies.
 */
export const PRODUCT: readonly DetectorKind[] = [
  {
    name: 'default',
    says: '`metrics: [errors, latency]` and nothing else, α = 1 % together, after ten good rollouts',
    role: 'ours',
    watches: 'both',
    forgives: forgivenBy(DEFAULT_DETECTION),
    open: (briefing) => product(settled(DEFAULT_DETECTION, briefing), lessonsFor(briefing)),
  },
  {
    name: 'default, first rollout',
    says: 'as default, on a workload of which nothing is known',
    role: 'variant',
    watches: 'both',
    forgives: forgivenBy(DEFAULT_DETECTION),
    open: (briefing) => product(settled(DEFAULT_DETECTION, briefing)),
  },
  {
    name: 'default, exact',
    says: 'as default, with no slowness forgiven (`tolerance: 1`)',
    role: 'variant',
    watches: 'both',
    open: (briefing) => product(settled(EXACT_DETECTION, briefing), lessonsFor(briefing)),
  },
]

/** How the engine would watch the one group of a rollout in these worlds. */
export function settled(detection: Settings, briefing: Briefing | null = null): WatchConfig {
  return {
    startedAt: STARTED_AT,
    group: { share: SHARE, bake: BAKE_MS, minExposure: EXPOSURE_MIN },
    groups: 1,
    detection,
    baseline: briefing === null ? null : openingOf(briefing),
  }
}

/** What the control was like while the group was being opened. */
function openingOf({ world, workload }: Briefing): Baseline {
  const name = `${world.name}/opening of ${workload}`
  const traffic = new RolloutTraffic({ ...world, name, fault: null, trouble: () => 1 }, 0)
  let look = traffic.first()
  let state = observe(startWatch(settled(DEFAULT_DETECTION)), controlOf(look), look.at)
  for (let ms = 0; ms < OPENING_MS; ms += TICK_MS) {
    look = traffic.next(TICK_MS)
    state = observe(state, controlOf(look), look.at)
  }
  return baselineOf(state)
}

function controlOf(look: Look): Poll {
  const { source, readings } = pollOf(look)
  return { source, readings: readings.filter(({ arm }) => arm === 'control') }
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

function product(config: WatchConfig, learnt: Learnt = {}) {
  let state = startWatch({ ...config, learnt })
  return {
    look(look: Look): boolean {
      state = observe(state, pollOf(look), look.at)
      return state.fired !== null && judge(state, look.at).kind === 'fail'
    },
  }
}

/** Rollouts of one workload come one after the other, so that its past is watched once. */
let remembered: { readonly of: string; readonly learnt: Learnt } | null = null

/** What the product learnt from the workload's past, by watching it as it watches everything. */
function lessonsFor({ world, workload }: Briefing): Learnt {
  const of = `${world.name} ${workload}`
  if (remembered?.of !== of) {
    const learnt = pastRollouts(world, workload).reduce<Learnt>(
      (before, traffic) => learnFrom(before, watched(traffic, before)),
      {},
    )
    remembered = { of, learnt }
  }
  return remembered.learnt
}

function watched(traffic: RolloutTraffic, learnt: Learnt): WatchState {
  let look = traffic.first()
  let state = observe(startWatch({ ...settled(DEFAULT_DETECTION), learnt }), pollOf(look), look.at)
  for (let ms = 0; ms < BAKE_MS && state.fired === null; ms += TICK_MS) {
    look = traffic.next(TICK_MS)
    state = observe(state, pollOf(look), look.at)
  }
  return state
}

function forgivenBy({ metrics }: Settings): Forgiveness {
  const latency = metrics.find(({ kind }) => kind === 'latency')
  return { tolerance: latency?.tolerance ?? 1, allowMs: latency?.allow?.amount ?? 0 }
}
