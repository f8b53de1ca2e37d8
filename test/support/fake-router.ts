import { type DriverFailure, failure } from '../../src/core/kernel/failure.ts'
import type { Instant } from '../../src/core/kernel/instant.ts'
import { no } from '../../src/core/kernel/result.ts'
import { isExposed } from '../../src/core/rollout/exposure.ts'
import { BUCKETS, sayShare } from '../../src/core/words/exposure-share.ts'
import type { Clock } from '../../src/ports/clock.ts'
import {
  LATENCY_EDGES_MS,
  type RoutePlan,
  type Router,
  type StackCounts,
} from '../../src/ports/router.ts'
import { type Faults, openFaults } from './fake-faults.ts'

/** One request, on its way through the fake. */
export interface FakeRequest {
  readonly subject?: string
  /** Route under which it is counted. */
  readonly route?: string
}

/** A request that was passed on and waits for its end. */
export interface FakeExchange {
  readonly stack: string
  /** Counts it; `status` null is no answer. Calling it again changes nothing. */
  readonly end: (status: number | null, tookMs: number) => void
}

/** A router in memory, for tests and the simulation: as slow and unreliable as it is told to be. */
export interface FakeRouter extends Router {
  readonly faults: Faults
  /** Another driver of the same router. */
  readonly another: () => Router
  /** Stacks without a live instance; the other stack steps in while it has a share. */
  readonly dead: Set<string>
  /** Sends one request in; null when nobody answers. */
  readonly begin: (request?: FakeRequest) => FakeExchange | null
  /** The same when the answer is known at once. */
  readonly serve: (request: FakeRequest, status: number | null, tookMs: number) => string | null
  /** Starts anew as after a crash or a reload; `forget` loses the share, as HAProxy does. */
  readonly restart: (forget: boolean) => void
}

type Counted = { -readonly [Key in keyof StackCounts]: StackCounts[Key] } & {
  latency: number[]
  routes: Record<string, { requests: number; errors: number }>
}

/** Opens a fake that knows the given stacks; the first gets everything until a share is asked for. */
export function fakeRouter(clock: Clock, stacks: readonly string[]): FakeRouter {
  const faults = openFaults(clock)
  const attached = new Map<string, readonly string[]>()
  const inFlight = new Map<string, number>()
  let counts = new Map<string, Counted>()
  const dead = new Set<string>()
  let plans: readonly { readonly from: Instant; readonly plan: RoutePlan }[] = []
  let epoch = 1
  let draws = 0

  const router: Router = {
    async attach(stack, endpoints, ask) {
      const unknown = strange(stack)
      if (unknown !== null) return no(unknown)
      return faults.carryOut(ask.signal, () => attached.set(stack, endpoints))
    },
    async route(asked, ask) {
      const unknown = strange(asked.control) ?? strange(asked.candidate)
      if (unknown !== null) return no(unknown)
      return faults.carryOut(ask.signal, (from) => {
        plans = [...plans, { from, plan: asked }]
      })
    },
    observe: (signal) =>
      faults.look(signal, () => {
        const buckets = Object.fromEntries(stacks.map((stack) => [stack, shareOf(stack)]))
        const shares = stacks.map((stack) => `${stack} ${sayShare(shareOf(stack))}`)
        return {
          buckets,
          inFlight: Object.fromEntries(stacks.map((stack) => [stack, inFlight.get(stack) ?? 0])),
          unreachable: [],
          evidence: `the fake router: ${shares.join(', ')}`,
        }
      }),
    count: (signal) =>
      faults.look(signal, (at) => ({
        at,
        epoch: `fake-${epoch}`,
        stacks: Object.fromEntries(stacks.map((stack) => [stack, structuredClone(of(stack))])),
      })),
    granularity: 1,
    close: async () => undefined,
  }

  const fake: FakeRouter = {
    ...router,
    faults,
    another: () => router,
    dead,
    begin(request = {}) {
      const drawn = draw(request.subject)
      const stack = drawn === null ? null : livingFor(drawn)
      // What a dead stack did not answer is its error, also when another one saves the user.
      if (drawn !== null && stack !== drawn) record(drawn, request.route ?? '/', null, 0)
      if (stack === null) return null
      inFlight.set(stack, (inFlight.get(stack) ?? 0) + 1)
      let isOver = false
      return {
        stack,
        end(status, tookMs) {
          if (isOver) return
          isOver = true
          inFlight.set(stack, (inFlight.get(stack) ?? 0) - 1)
          record(stack, request.route ?? '/', status, tookMs)
        },
      }
    },
    serve(request, status, tookMs) {
      const exchange = fake.begin(request)
      exchange?.end(status, tookMs)
      return exchange?.stack ?? null
    },
    restart(forget) {
      counts = new Map()
      inFlight.clear()
      epoch += 1
      if (forget) plans = []
    },
  }
  return fake

  function strange(stack: string): DriverFailure | null {
    if (stacks.includes(stack)) return null
    const what = `the fake router knows no stack '${stack}', only ${stacks.join(', ')}`
    return failure('not-found', 'never', what)
  }

  function planNow(): RoutePlan | null {
    return plans.findLast(({ from }) => from <= clock.now())?.plan ?? null
  }

  function livingFor(drawn: string): string | null {
    if (!dead.has(drawn)) return drawn
    return stacks.find((stack) => shareOf(stack) > 0 && !dead.has(stack)) ?? null
  }

  function shareOf(stack: string): number {
    const plan = planNow()
    if (plan === null) return stack === stacks[0] ? BUCKETS : 0
    if (stack === plan.candidate) return plan.buckets
    return stack === plan.control ? BUCKETS - plan.buckets : 0
  }

  function draw(subject: string | undefined): string | null {
    const plan = planNow()
    if (plan === null) return stacks[0] ?? null
    draws += 1
    // Evenly spread rather than thrown: the same seed must give the same history.
    const bucket = Math.floor(((draws * 0.618_033_988_75) % 1) * BUCKETS)
    const isCandidate = subject === undefined ? bucket < plan.buckets : isExposed(subject, plan)
    return isCandidate ? plan.candidate : plan.control
  }

  function of(stack: string): Counted {
    const known = counts.get(stack)
    if (known !== undefined) return known
    const latency = LATENCY_EDGES_MS.map(() => 0).concat(0)
    const opened: Counted = { requests: 0, errors: 0, latency, routes: {} }
    counts.set(stack, opened)
    return opened
  }

  function record(stack: string, route: string, status: number | null, tookMs: number): void {
    const counted = of(stack)
    const byRoute = (counted.routes[route] ??= { requests: 0, errors: 0 })
    counted.requests += 1
    byRoute.requests += 1
    if (status === null || status >= 500) {
      counted.errors += 1
      byRoute.errors += 1
    }
    if (status === null) return
    const found = LATENCY_EDGES_MS.findIndex((edge) => tookMs <= edge)
    const bucket = found < 0 ? LATENCY_EDGES_MS.length : found
    counted.latency[bucket] = (counted.latency[bucket] ?? 0) + 1
  }
}
