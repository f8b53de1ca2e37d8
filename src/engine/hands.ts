import type { CourseCommand } from '../core/course/course.ts'
import type { StepWant, Wants } from '../core/course/wants.ts'
import type { DriverFailure } from '../core/kernel/failure.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Result } from '../core/kernel/result.ts'
import type { Experience } from '../core/mitigate/recovery.ts'
import { blamesRelease, type Failing } from '../core/rollout/failing.ts'
import { routeTo } from '../core/rollout/group-plan.ts'
import type { Baseline, Rollout } from '../core/rollout/state.ts'
import type { Workload, WorkloadCommand } from '../core/rollout/workload.ts'
import { BUCKETS } from '../core/words/exposure-share.ts'
import type { TestOutcome } from '../core/words/test-outcome.ts'
import { differences, stateDigest } from '../core/words/workload-state.ts'
import type { Drivers } from '../ports/drivers.ts'
import { allTrafficTo, captureState } from './capture.ts'
import type { EngineContext } from './context.ts'
import { withDeadline } from './deadline.ts'
import { showsShare } from './effects.ts'
import { type Performing, perform } from './perform.ts'
import { openStreams, workloadStream } from './streams.ts'
import { errorOutcome } from './test-candidate.ts'
import { verifyUsers } from './verify.ts'

/** Looking at every plane takes as long as the slowest system; longer than this is not an answer. */
const CAPTURE_WITHIN_MS = 30_000
/** How often the router's share is compared with the wanted one. */
const KEEP_SHARE_EVERY_MS = 5_000
/** What could not be done and is not recorded is tried again after this. */
const AGAIN_AFTER_MS = 2_000
/** A healthy state that cannot be captured for a minute is not sealed; the former one stays. */
const SEAL_TRIES_MAX = 30

type Tell = (command: CourseCommand, causedBy: string) => Promise<void>

/**
 * Captures the whole state before anything is changed, and compares it with what was sealed. A hotfix
 * takes the state over that the failed rollout before it began from: what is there now is the failure.
 */
export async function captureBaseline(
  rollout: Rollout,
  workload: Workload,
  context: EngineContext,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const { clock, drivers } = context
  const inherited = await inheritedBaseline(rollout, context)
  if (inherited !== null) {
    return tell({ type: 'capture-baseline', baseline: inherited, now: clock.now() }, 'capture')
  }
  const captured = await withDeadline(clock, clock.now() + CAPTURE_WITHIN_MS, signal, (ended) =>
    captureState(rollout.strategy, drivers, { keep: true, signal: ended }),
  )
  if (signal.aborted) return
  const now = clock.now()
  if (!captured.ok)
    return tell({ type: 'report-baseline-unknown', failure: captured.problem, now }, 'capture')
  const { state, serving } = captured.value
  const sealed = workload.lastKnownGood
  const drift = sealed === null ? [] : differences(sealed.state, state).map(({ what }) => what)
  const baseline: Baseline = {
    state: {
      ...state,
      routing:
        serving === null
          ? state.routing
          : allTrafficTo(serving.stack, rollout.strategy.workload.stacks),
    },
    serving: serving?.stack ?? null,
    release: serving?.release ?? null,
    sealed: sealed !== null && drift.length === 0 ? sealed.digest : null,
    drift,
  }
  await tell({ type: 'capture-baseline', baseline, now }, 'capture')
}

async function inheritedBaseline(
  { hotfixFor }: Rollout,
  { store }: EngineContext,
): Promise<Baseline | null> {
  if (hotfixFor === null) return null
  const { course } = openStreams(store, hotfixFor)
  await course.refresh()
  return course.state().rollout?.baseline ?? null
}

/** Brings the current step about and reports what was seen. */
export async function performStep(
  want: StepWant,
  rollout: Rollout,
  before: Experience,
  context: EngineContext,
  { tell, saw }: { readonly tell: Tell; readonly saw: (says: string) => void },
  signal: AbortSignal,
): Promise<void> {
  const { action } = want.step
  const startedAt = context.clock.now()
  const tested: TestOutcome[] = []
  const witness = { saw, tested: (outcome: TestOutcome) => void tested.push(outcome) }
  const performing = { ...context, rollout, witness }
  const outcome =
    action.kind === 'verify'
      ? await verifyUsers(want, action, rollout, { ...context, before }, signal)
      : await perform(want, performing, signal)
  if (signal.aborted) return
  const test = tested.at(-1) ?? unheard(action, performing, startedAt, outcome)
  const report = {
    step: want.step.id,
    attempt: want.attempt,
    now: context.clock.now(),
    ...(test === null ? {} : { test }),
  }
  if (outcome.ok)
    await tell({ type: 'report-seen', ...report, evidence: outcome.value.evidence }, want.effectId)
  else await tell({ type: 'report-failure', ...report, failure: outcome.problem }, want.effectId)
}

/** A test that ended before it could say anything, such as at its deadline, is an error all the same. */
function unheard(
  action: StepWant['step']['action'],
  performing: Performing,
  startedAt: Instant,
  outcome: Result<unknown, DriverFailure>,
): TestOutcome | null {
  if (action.kind !== 'smoke' || outcome.ok) return null
  return errorOutcome(action, performing, startedAt, outcome.problem)
}

/** Routers forget: whenever the share is not the wanted one, it is asked for again. After a halt it may only fall. */
export async function keepShare(
  { route, onlyDown }: NonNullable<Wants['keep']>,
  rollout: Rollout,
  context: EngineContext,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const { clock, drivers } = context
  while (!signal.aborted) {
    await clock.until(clock.now() + KEEP_SHARE_EVERY_MS, signal)
    if (signal.aborted) return
    const router = await drivers.router(rollout.strategy)
    const seen = router.ok ? await router.value.observe(signal) : router
    if (!router.ok || !seen.ok || signal.aborted) continue
    const share = seen.value.buckets[route.candidate] ?? 0
    if (
      showsShare(seen.value, route, router.value.granularity) ||
      (onlyDown && share <= route.buckets)
    )
      continue
    const asked = await router.value.route(route, { effectId: `${rollout.id}/share`, signal })
    if (!asked.ok || signal.aborted) continue
    const { evidence } = seen.value
    await tell(
      { type: 'report-reasserted', seen: share, wanted: route.buckets, evidence, now: clock.now() },
      'share',
    )
  }
}

/**
 * What is left to do when the exposure is over: a healthy state becomes the last known good, a
 * failed release goes into quarantine, and the workload is free for the next rollout.
 */
export async function settle(
  rollout: Rollout,
  failing: Failing | null,
  workload: Workload,
  context: EngineContext,
  tellWorkload: (command: WorkloadCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = context
  const { id, release, stage } = rollout
  if (workload.active?.rollout !== id) return
  if (stage.at === 'completed') await seal(rollout, context, tellWorkload, signal)
  if (signal.aborted) return
  if (stage.at === 'ended' && failing !== null && blamesRelease(failing)) {
    const { because } = failing
    await tellWorkload({ type: 'quarantine', release, rollout: id, because, now: clock.now() })
  }
  // Before the workload is free, so that a crash in between leaves somebody who looks after it.
  await context.store.poke({ key: workloadStream(rollout.workload), at: clock.now() })
  await tellWorkload({ type: 'release', rollout: id, now: clock.now() })
  await context.store.poke({ key: workloadStream(rollout.workload), at: clock.now() })
}

async function seal(
  rollout: Rollout,
  { clock, drivers, log }: EngineContext,
  tellWorkload: (command: WorkloadCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; tries < SEAL_TRIES_MAX && !signal.aborted; tries += 1) {
    const captured = await withDeadline(clock, clock.now() + CAPTURE_WITHIN_MS, signal, (ended) =>
      captureState(rollout.strategy, drivers, { keep: true, signal: ended }),
    )
    if (signal.aborted) return
    if (captured.ok && captured.value.serving?.release === rollout.release) {
      const { state, serving } = captured.value
      const { id, release } = rollout
      const evidence = 'because' in rollout.stage ? rollout.stage.because : ''
      const command = {
        type: 'seal',
        rollout: id,
        release,
        serving: serving.stack,
        state,
        evidence,
      } as const
      return tellWorkload({ ...command, now: clock.now() })
    }
    // The router may have forgotten since the last look: it is told again before the next try.
    if (captured.ok) await routeAll(rollout, drivers, signal)
    const why = captured.ok
      ? `${captured.value.serving?.release ?? 'nothing'} serves`
      : captured.problem.detail
    log.error(
      { rollout: rollout.id, digest: captured.ok ? stateDigest(captured.value.state) : null },
      `the healthy state was not sealed yet: ${why}`,
    )
    await clock.until(clock.now() + AGAIN_AFTER_MS, signal)
  }
}

async function routeAll(rollout: Rollout, drivers: Drivers, signal: AbortSignal): Promise<void> {
  const router = await drivers.router(rollout.strategy)
  const action = routeTo(rollout, BUCKETS, [])
  if (!router.ok || action.kind !== 'route') return
  await router.value.route(action.route, { effectId: `${rollout.id}/seal`, signal })
}
