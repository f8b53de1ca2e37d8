import { failure } from '../../src/core/kernel/failure.ts'
import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Reading, TelemetrySource, Watch } from '../../src/ports/telemetry.ts'
import type { Chance } from './random.ts'

const EDGES_MS = [5, 10, 15, 20, 25, 30, 50, 100, 200, 500] as const
/** As often as a quick Prometheus scrapes. */
const SCRAPE_MS = 500
/** Longer than any lag that is drawn. */
const KEPT_MS = 20_000
/** How long a whim lasts at most: some are shorter than data goes stale, some longer. */
const WHIM_MS = [500, 12_000] as const

interface Counters {
  readonly requests: number
  readonly errors: number
  readonly latency: readonly number[]
}

/** What was counted of every stack up to one moment. */
interface Scrape {
  readonly at: Instant
  readonly stacks: ReadonlyMap<string, Counters>
}

type Whim =
  | 'none'
  | 'lagging'
  | 'repeating'
  | 'silent'
  | 'half-silent'
  | 'failing'
  | 'ahead'
  | 'torn'
  | 'late'

/** A telemetry source that does what real ones do on a bad day. */
export interface WildTelemetry extends TelemetrySource {
  /** A request that a stack has answered. */
  readonly count: (stack: string, failed: boolean, tookMs: number) => void
  /** Draws what is wrong with it for the coming moments. */
  readonly storm: (weather: Chance, strength: number) => void
  readonly calm: () => void
  /** When it last showed something new of every stack. */
  readonly movedAt: () => Instant
  readonly reads: () => number
}

/** Scrapes the true counts every second, and hands them out as its whim is: late, twice, torn, from zero, or not at all. */
export function wildTelemetry(clock: Clock, stacks: readonly string[]): WildTelemetry {
  const truth = new Map(stacks.map((stack) => [stack, emptyCounters()]))
  let offsets: ReadonlyMap<string, Counters> = new Map()
  let scrapes: readonly Scrape[] = []
  let whim: Whim = 'none'
  let whimEnds: Instant = 0
  let amount: Millis = 0
  let shown: Scrape | null = null
  let shownOf = new Map<string, Instant>()
  let moved: Instant = 0
  let reads = 0

  /** Scrapes what there is by now. */
  function scrape(): void {
    const now = clock.now()
    if (now - (scrapes.at(-1)?.at ?? 0) < SCRAPE_MS) return
    const counted = stacks.map((stack) => {
      const { requests, errors, latency } = truth.get(stack) ?? emptyCounters()
      return [stack, { requests, errors, latency: [...latency] }] as const
    })
    scrapes = [
      ...scrapes.filter(({ at }) => now - at <= KEPT_MS),
      { at: now, stacks: new Map(counted) },
    ]
  }

  function chosen(): Scrape | null {
    const now = clock.now()
    if (whim === 'repeating') return shown
    if (whim !== 'lagging' && whim !== 'late') return scrapes.at(-1) ?? null
    return scrapes.findLast(({ at }) => at <= now - amount) ?? scrapes[0] ?? null
  }

  function readingOf({ key, kind, labels }: Watch, from: Scrape): readonly Reading[] {
    const now = clock.now()
    if (whim === 'half-silent' && labels.stack === stacks[0]) return []
    const counters = from.stacks.get(labels.stack)
    if (counters === undefined) return []
    const offset = offsets.get(labels.stack) ?? emptyCounters()
    // Torn: the failures are of another moment than the requests.
    const older = scrapes.at(-2)?.stacks.get(labels.stack) ?? counters
    const requests = whim === 'torn' ? older.requests : counters.requests
    const at = whim === 'ahead' ? from.at + amount * 20 : from.at
    note(labels.stack, from.at, now)
    const latency = counters.latency.map((count, k) => positive(count - (offset.latency[k] ?? 0)))
    const counted = {
      requests: positive(requests - offset.requests),
      errors: positive(counters.errors - offset.errors),
    }
    return kind === 'latency'
      ? [{ key, at, ...counted, edgesMs: EDGES_MS, latency }]
      : [{ key, at, ...counted, edgesMs: [], latency: [] }]
  }

  /** Remembers when all stacks were last seen to move. */
  function note(stack: string, at: Instant, now: Instant): void {
    if (at <= (shownOf.get(stack) ?? 0)) return
    shownOf = new Map(shownOf).set(stack, at)
    moved = now
  }

  return {
    count(stack, failed, tookMs) {
      scrape()
      const counters = truth.get(stack)
      if (counters === undefined) return
      counters.requests += 1
      if (failed) counters.errors += 1
      const place = EDGES_MS.findIndex((edge) => tookMs <= edge)
      const bucket = place === -1 ? EDGES_MS.length : place
      counters.latency[bucket] = (counters.latency[bucket] ?? 0) + 1
    },
    async read(watches) {
      reads += 1
      scrape()
      if (clock.now() > whimEnds) whim = 'none'
      if (whim === 'failing') return no(failure('unreachable', 'safe', 'a whim'))
      const from = whim === 'silent' ? null : chosen()
      if (from === null) return yes({ readings: [], unread: [] })
      shown = from
      return yes({ readings: watches.flatMap((watch) => readingOf(watch, from)), unread: [] })
    },
    storm(weather, strength) {
      if (clock.now() <= whimEnds || !weather.happens(strength / 3)) return
      whim = weather.pick<Whim>([
        'lagging',
        'repeating',
        'silent',
        'half-silent',
        'failing',
        'ahead',
        'torn',
        'late',
      ])
      amount = weather.between(500, 9_000)
      // A late answer comes once, between newer ones.
      whimEnds = clock.now() + (whim === 'late' ? SCRAPE_MS : weather.between(...WHIM_MS))
      // Every instance was restarted: the counters begin again, and nobody says so.
      if (weather.happens(0.2))
        offsets = new Map(
          [...truth].map(([stack, { latency, ...counts }]) => [
            stack,
            { ...counts, latency: [...latency] },
          ]),
        )
    },
    calm() {
      whim = 'none'
      whimEnds = 0
    },
    movedAt: () => moved,
    reads: () => reads,
    close: async () => undefined,
  }
}

function emptyCounters(): { requests: number; errors: number; latency: number[] } {
  return { requests: 0, errors: 0, latency: [...EDGES_MS, 0].map(() => 0) }
}

function positive(count: number): number {
  return Math.max(0, count)
}
