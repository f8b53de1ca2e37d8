import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Rollout } from '../core/rollout/state.ts'
import type { Action, Route } from '../core/step/step.ts'
import { BUCKETS, sayShare } from '../core/words/exposure-share.ts'
import { differences } from '../core/words/workload-state.ts'
import type { Clock } from '../ports/clock.ts'
import type { Platform } from '../ports/platform.ts'
import type { Router, RouteSighting } from '../ports/router.ts'
import { captureState } from './capture.ts'
import type { Effect, Performing } from './perform.ts'
import { testCandidate } from './test-candidate.ts'

type Opened = Result<Effect, DriverFailure>
type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>

/** Two looks at the counters this far apart show whether requests still come. */
const STILL_FOR_MS = 100
/** An instance that was asked for and is not even there after this will not come by waiting. */
const GONE_AFTER_MS = 1_500

/** The effect that an action stands for, on the real systems that the strategy names. */
export async function effectFor(action: Action, context: Performing): Promise<Opened> {
  const { drivers, rollout } = context
  const { strategy } = rollout
  switch (action.kind) {
    case 'run': {
      const platform = await drivers.platform(strategy, action.component)
      return platform.ok ? yes(run(action, rollout, platform.value, context.clock)) : platform
    }
    case 'attach': {
      const [platform, router] = [
        await drivers.platform(strategy, action.component),
        await drivers.router(strategy),
      ]
      if (!platform.ok) return platform
      return router.ok ? yes(attach(action, rollout, platform.value, router.value)) : router
    }
    case 'route': {
      const router = await drivers.router(strategy)
      return router.ok ? yes(route(action.route, router.value)) : router
    }
    case 'drain': {
      const router = await drivers.router(strategy)
      return router.ok ? yes(drain(action.stack, router.value, context.clock)) : router
    }
    case 'smoke': {
      const platform = await drivers.platform(strategy, action.component)
      return platform.ok ? yes(testCandidate(action, platform.value, context)) : platform
    }
    case 'flag':
      return flag(action, context)
    case 'configure':
      return yes(configure(action, context))
    case 'planes':
      return yes(planes(action, context))
    case 'verify':
      // Users are watched by the holder of the rollout itself, see verify.ts.
      return no(failure('misconfigured', 'never', 'a look at the users is not an effect'))
  }
}

function run(action: ActionOf<'run'>, rollout: Rollout, platform: Platform, clock: Clock): Effect {
  const { component, stack, release, replicas } = action
  const place = { workload: rollout.workload, component, stack }
  let askedAt: number | null = null
  return {
    async look(signal) {
      const seen = await platform.observe(place, signal)
      if (!seen.ok) return seen
      const { release: running, replicas: there, ready, crashed, evidence } = seen.value
      const isGone = replicas === 0 && there === 0
      if (
        isGone ||
        (running === release && ready >= replicas && replicas > 0 && there === replicas)
      ) {
        return yes({ inEffect: true, evidence })
      }
      const isAsked = askedAt !== null && replicas > 0
      // What has crashed does not come by waiting, whatever else still runs there.
      if (isAsked && crashed !== null) {
        return yes({
          inEffect: false,
          seen: evidence,
          hopeless: failure('refused', 'safe', crashed),
        })
      }
      const isHopeless = isAsked && there === 0 && clock.now() - (askedAt ?? 0) >= GONE_AFTER_MS
      return yes({
        inEffect: false,
        seen: evidence,
        ...(isHopeless ? { hopeless: failure('refused', 'safe', evidence) } : {}),
      })
    },
    async ask(ask) {
      askedAt = clock.now()
      return platform.apply({ ...place, release, replicas }, ask)
    },
  }
}

function attach(
  action: ActionOf<'attach'>,
  rollout: Rollout,
  platform: Platform,
  router: Router,
): Effect {
  let attached: string | null = null
  return {
    // Attaching is cheap and harmless, and routers do not tell what they know: it is always asked for once.
    look: async () =>
      yes(
        attached === null
          ? { inEffect: false, seen: 'not attached yet' }
          : { inEffect: true, evidence: attached },
      ),
    async ask(ask) {
      const place = { workload: rollout.workload, component: action.component, stack: action.stack }
      const seen = await platform.observe(place, ask.signal)
      if (!seen.ok) return seen
      const { endpoints } = seen.value
      const outcome = await router.attach(action.stack, endpoints, ask)
      if (outcome.ok)
        attached = `the router knows ${action.stack}: ${endpoints.join(', ') || 'its own servers'}`
      return outcome
    },
  }
}

function route(wanted: Route, router: Router): Effect {
  return {
    async look(signal) {
      const seen = await router.observe(signal)
      if (!seen.ok) return seen
      const serving = wanted.buckets === 0 ? wanted.control : wanted.candidate
      return yes(
        showsShare(seen.value, wanted, router.granularity) &&
          !seen.value.unreachable.includes(serving)
          ? { inEffect: true, evidence: seen.value.evidence }
          : { inEffect: false, seen: seen.value.evidence },
      )
    },
    ask: (ask) => router.route(wanted, ask),
  }
}

/** Whether the router shows the share, as finely as it can: never more, and less by at most one of its steps. */
export function showsShare(seen: RouteSighting, wanted: Route, granularity: number): boolean {
  const share = seen.buckets[wanted.candidate] ?? 0
  const control = seen.buckets[wanted.control] ?? 0
  if (wanted.buckets === 0) return share === 0 && control === BUCKETS
  return share <= wanted.buckets && share > wanted.buckets - Math.max(1, granularity)
}

function drain(stack: string, router: Router, clock: Clock): Effect {
  return {
    async look(signal) {
      const [before, split] = [await router.count(signal), await router.observe(signal)]
      if (!before.ok) return before
      if (!split.ok) return split
      await clock.until(clock.now() + STILL_FOR_MS, signal)
      const [after, later] = [await router.count(signal), await router.observe(signal)]
      if (!after.ok) return after
      if (!later.ok) return later
      const news =
        (after.value.stacks[stack]?.requests ?? 0) - (before.value.stacks[stack]?.requests ?? 0)
      const share = later.value.buckets[stack] ?? 0
      const inFlight = later.value.inFlight[stack] ?? 0
      const says = `${stack}: ${sayShare(share)} of new requests, ${news} new in ${STILL_FOR_MS} ms, ${inFlight} in flight`
      const isStill = share === 0 && news === 0 && inFlight === 0
      return yes(isStill ? { inEffect: true, evidence: says } : { inEffect: false, seen: says })
    },
    // Draining is only waited for: the share was taken away by the step before.
    ask: async () => yes(null),
  }
}

async function flag(action: ActionOf<'flag'>, { drivers }: Performing): Promise<Opened> {
  const flags = await drivers.flags(action.file)
  if (!flags.ok) return flags
  return yes({
    async look(signal) {
      const seen = await flags.value.observe(action.key, signal)
      if (!seen.ok) return seen
      const { variant, evidence } = seen.value
      return yes(
        variant === action.variant
          ? { inEffect: true, evidence }
          : { inEffect: false, seen: evidence },
      )
    },
    ask: (ask) => flags.value.set(action.key, action.variant, ask),
  })
}

function configure(action: ActionOf<'configure'>, { drivers }: Performing): Effect {
  const { path, digest } = action
  return {
    async look(signal) {
      const seen = await drivers.configuration.observe(path, signal)
      if (!seen.ok) return seen
      const { evidence } = seen.value
      return yes(
        seen.value.digest === digest
          ? { inEffect: true, evidence }
          : { inEffect: false, seen: evidence },
      )
    },
    ask: (ask) => drivers.configuration.restore(path, digest, ask),
  }
}

function planes(action: ActionOf<'planes'>, context: Performing): Effect {
  return {
    async look(signal) {
      const seen = await captureState(context.rollout.strategy, context.drivers, {
        keep: false,
        signal,
      })
      if (!seen.ok) return seen
      const found = differences(action.state, seen.value.state)
      if (found.length === 0)
        return yes({ inEffect: true, evidence: 'every plane equals the last known good state' })
      return yes({ inEffect: false, seen: found.map(({ what }) => what).join('; ') })
    },
    // Each plane was restored by a step of its own; here they are only compared.
    ask: async () => yes(null),
  }
}
