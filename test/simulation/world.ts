import { failure } from '../../src/core/kernel/failure.ts'
import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import { yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Drivers } from '../../src/ports/drivers.ts'
import { type FakeChannel, fakeChannel } from '../support/fake-channel.ts'
import { fakeConfiguration } from '../support/fake-configuration.ts'
import type { Fault, Faults } from '../support/fake-faults.ts'
import { type FakeFlags, fakeFlags } from '../support/fake-flags.ts'
import { type FakePlatform, fakePlatform } from '../support/fake-platform.ts'
import { fakeProber } from '../support/fake-prober.ts'
import { type FakeRouter, fakeRouter } from '../support/fake-router.ts'
import type { Chance } from './random.ts'
import { type WildTelemetry, wildTelemetry } from './wild-telemetry.ts'

/** How a release behaves once users are on it. */
export interface Quality {
  readonly errors: number
  readonly tookMs: number
  /** Errors on this path only; everywhere when null. */
  readonly path: string | null
  /** The release behaves until this long after its first request. */
  readonly goodForMs: Millis
  readonly failsSmoke: boolean
  readonly neverStarts: boolean
}

export const GOOD: Quality = {
  errors: 0.001,
  tookMs: 20,
  path: null,
  goodForMs: 0,
  failsSmoke: false,
  neverStarts: false,
}

const STACKS = ['blue', 'green'] as const
const PATHS = ['/', '/search', '/checkout'] as const
/** Users' requests are served in steps of this length. */
const TRAFFIC_STEP_MS = 100

/** Everything outside goaround, in memory: users, releases, router, platform, flags, channels, files. */
export interface World {
  readonly drivers: Drivers
  readonly router: FakeRouter
  readonly telemetry: WildTelemetry
  readonly platform: FakePlatform
  readonly flags: FakeFlags
  readonly channel: FakeChannel
  /** Lets users go on until now. */
  readonly live: () => void
  /** Draws the weather of the coming calls. */
  readonly storm: (chance: Chance, strength: number) => void
  readonly calm: () => void
  /** The buckets that the less used stack receives, as the router really splits them now. */
  readonly splitOff: () => Promise<number>
  /** The stack that most new requests go to. */
  readonly serves: () => Promise<string>
}

export interface WorldOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly perSecond: number
  readonly whims: number
  readonly qualityOf: (release: string) => Quality
}

export function openWorld({ clock, chance, perSecond, whims, qualityOf }: WorldOptions): World {
  const router = fakeRouter(clock, STACKS)
  const platform = fakePlatform(clock)
  const prober = fakeProber(clock)
  prober.judge = (_, { release }) => !qualityOf(release).failsSmoke
  const flags = fakeFlags(clock, { 'new-checkout': { variant: 'on', variants: ['on', 'off'] } })
  const channel = fakeChannel(clock)
  const telemetry = wildTelemetry(clock, STACKS)
  const configuration = fakeConfiguration(clock)
  const every: readonly Faults[] = [
    router.faults,
    platform.faults,
    prober.faults,
    flags.faults,
    channel.faults,
    configuration.faults,
  ]
  const firstServed = new Map<string, Instant>()
  let livedUntil = clock.now()
  let isCalm = false
  let running: Record<string, string | null> = { blue: null, green: null }

  const drivers: Drivers = {
    router: async () => yes(router),
    platform: async () => yes(platform),
    source: async () => yes(telemetry),
    channel: async () => yes(channel),
    flags: async () => yes(flags),
    configuration,
    prober,
    documents: { write: async (name) => yes({ path: `/postmortems/${name}` }) },
  }

  /** The users' own look at what runs: the weather is held back for it, and comes back unless it is over. */
  async function lookAtStacks(): Promise<void> {
    for (const stack of STACKS) {
      const held = platform.faults.nextLook.splice(0)
      const at = { workload: 'shop', component: 'web', stack }
      const seen = await platform.observe(at, new AbortController().signal)
      if (!isCalm) platform.faults.nextLook.push(...held)
      if (seen.ok)
        running = { ...running, [stack]: seen.value.ready > 0 ? seen.value.release : null }
    }
  }

  function serveOne(at: Instant): void {
    const path = chance.pick(PATHS)
    const exchange = router.begin({ route: path })
    if (exchange === null) return
    const release = running[exchange.stack] ?? null
    if (release === null) {
      telemetry.count(exchange.stack, true, 1)
      return exchange.end(null, 1)
    }
    if (!firstServed.has(release)) firstServed.set(release, at)
    const { errors, tookMs, path: only, goodForMs } = qualityOf(release)
    const isBad =
      at - (firstServed.get(release) ?? at) >= goodForMs && (only === null || only === path)
    const isOff = only === '/checkout' && flags.variantOf('new-checkout') === 'off'
    const failed = chance.happens(isBad && !isOff ? errors : GOOD.errors)
    const took = tookMs * (0.5 + chance.next())
    telemetry.count(exchange.stack, failed, took)
    exchange.end(failed ? 500 : 200, took)
  }

  return {
    drivers,
    router,
    telemetry,
    platform,
    flags,
    channel,
    async serves() {
      const seen = await router.observe(new AbortController().signal)
      const shares = seen.ok ? Object.entries(seen.value.buckets) : []
      return shares.toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'nothing'
    },
    async splitOff() {
      const seen = await router.observe(new AbortController().signal)
      return seen.ok ? Math.min(...Object.values(seen.value.buckets)) : Number.NaN
    },
    live() {
      void lookAtStacks()
      while (livedUntil + TRAFFIC_STEP_MS <= clock.now()) {
        livedUntil += TRAFFIC_STEP_MS
        const due = (perSecond * TRAFFIC_STEP_MS) / 1_000
        const count = Math.floor(due) + (chance.happens(due % 1) ? 1 : 0)
        for (let one = 0; one < count; one += 1) serveOne(livedUntil)
      }
    },
    storm(weather, strength) {
      for (const faults of every) {
        // Weather is of the moment: what nobody met is gone.
        faults.next.length = 0
        faults.nextLook.length = 0
        if (weather.happens(strength)) {
          faults.next.push(
            weather.pick<Fault>([
              { kind: 'fail', failure: failure('unreachable', 'safe', 'a storm') },
              { kind: 'time-out' },
              { kind: 'time-out-after-acting' },
              { kind: 'act-twice' },
            ]),
          )
        }
        if (weather.happens(strength))
          faults.nextLook.push({ kind: 'fail', failure: failure('unreachable', 'safe', 'a storm') })
        faults.answerMs = weather.happens(strength) ? weather.between(1, 400) : 0
        faults.lagMs = weather.happens(strength) ? weather.between(1, 300) : 0
        faults.timeOutMs = 1_000
      }
      if (weather.happens(strength / 20)) router.restart(true)
      telemetry.storm(weather, whims)
    },
    calm() {
      isCalm = true
      telemetry.calm()
      for (const faults of every) {
        faults.next.length = 0
        faults.nextLook.length = 0
        faults.answerMs = 0
        faults.lagMs = 0
      }
    },
  }
}
