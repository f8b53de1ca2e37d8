import { judge } from '../src/core/detect/judge.ts'
import { rateRatio } from '../src/core/detect/statistics/rate-ratio.ts'
import { observe, startWatch } from '../src/core/detect/watch.ts'
import type { WatchState } from '../src/core/detect/watch-state.ts'
import { DEFAULT_DETECTION, pollOf, settled } from './detection/detectors/product.ts'
import type { Look } from './detection/look.ts'
import { RolloutTraffic } from './detection/rollout-traffic.ts'
import { BAKE_MS, TICK_MS } from './detection/world.ts'
import { worldNamed } from './detection/worlds.ts'
import type { BenchOptions, Row } from './run.ts'

/** Each thing is measured so often; the fastest round is the one that the machine disturbed least. */
const ROUNDS = 7
const SHORT_ROUNDS = 2
const UPDATES = 100_000
/** A long exposure in a world in which evidence comes and goes. */
const WORLD = 'clean 1 %'
const LOOKS = BAKE_MS / TICK_MS

/** What detection costs: CPU time of this process, so that neighbours on the machine do not count. */
export const detectionCost = {
  says: 'CPU time of one update and of one look, and the size of what is remembered',
  async run({ short }: BenchOptions): Promise<readonly Row[]> {
    const rounds = short ? SHORT_ROUNDS : ROUNDS
    const looks = looksOf(WORLD)
    const last = watchAll(looks, DEFAULT_DETECTION)
    const perLook = (round: () => unknown) => fastest(rounds, round) / LOOKS
    const watching = (...names: readonly string[]) => {
      const metrics = DEFAULT_DETECTION.metrics.filter(({ name }) => names.includes(name))
      return perLook(() => watchAll(looks, { ...DEFAULT_DETECTION, metrics }))
    }
    return [
      { name: 'RateRatio, one update', cpuUs: rounded(fastest(rounds, updateRates) / UPDATES) },
      { name: 'one look, errors', cpuUs: rounded(watching('errors')) },
      { name: 'one look, latency', cpuUs: rounded(watching('latency')) },
      { name: 'one look, the default set', cpuUs: rounded(watching('errors', 'latency')) },
      {
        name: 'one verdict with its sentences',
        cpuUs: rounded(perLook(() => judgeAll(last, looks))),
      },
      ...last.metrics.map((metric) => ({
        name: `state of ${metric.name} after an hour`,
        bytes: Buffer.byteLength(JSON.stringify(metric)),
      })),
    ]
  },
}

function looksOf(world: string): readonly Look[] {
  const traffic = new RolloutTraffic(worldNamed(world), 1)
  return [traffic.first(), ...Array.from({ length: LOOKS }, () => traffic.next(TICK_MS))]
}

function watchAll(looks: readonly Look[], detection: typeof DEFAULT_DETECTION): WatchState {
  return looks.reduce(
    (state, look) => observe(state, pollOf(look), look.at),
    startWatch(settled(detection)),
  )
}

function judgeAll(state: WatchState, looks: readonly Look[]): number {
  return looks.reduce((sum, { at }) => sum + judge(state, at).because.length, 0)
}

function updateRates(): number {
  let sum = 0
  for (let k = 0; k < UPDATES; k += 1) {
    const slice = { n1: 50, x1: k % 3, n0: 950, x0: k % 5 }
    sum += rateRatio(slice, 1)[0] ?? 0
  }
  return sum
}

/** The fewest microseconds of CPU that a round took; one round before is not counted, since it warms up. */
function fastest(rounds: number, round: () => unknown): number {
  round()
  let best = Number.POSITIVE_INFINITY
  for (let k = 0; k < rounds; k += 1) {
    const before = process.cpuUsage()
    round()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, user + system)
  }
  return best
}

function rounded(us: number): number {
  return Number(us.toPrecision(3))
}
