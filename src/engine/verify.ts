import type { StepWant } from '../core/course/wants.ts'
import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { type Experience, judgeRecovery } from '../core/mitigate/recovery.ts'
import { candidateStack, controlStack, type Rollout } from '../core/rollout/state.ts'
import type { Action } from '../core/step/step.ts'
import type { TrafficSample } from '../ports/router.ts'
import { beginMeasuring, judgeNow, type MeasureContext, measureOnce } from './measure.ts'

type Verify = Extract<Action, { kind: 'verify' }>
type Seen = Result<{ readonly evidence: string }, DriverFailure>

/** Looks at the users after a mitigation, until they were well for long enough or time is up. */
export async function verifyUsers(
  want: StepWant,
  action: Verify,
  rollout: Rollout,
  context: MeasureContext & { readonly before: Experience },
  signal: AbortSignal,
): Promise<Seen> {
  // From the first look of this process on: time in which nobody looked, because a server was down,
  // says nothing about the users.
  const endsAt = context.clock.now() + want.step.withinMs
  return action.mode === 'control'
    ? watchControl(action, rollout, context, endsAt, signal)
    : watchBoth(want, action, rollout, context, endsAt, signal)
}

/** Nobody is on the candidate any more: the old stack must serve everybody well. */
async function watchControl(
  { forMs }: Verify,
  rollout: Rollout,
  { drivers, clock, before }: MeasureContext & { readonly before: Experience },
  endsAt: number,
  signal: AbortSignal,
): Promise<Seen> {
  const router = await drivers.router(rollout.strategy)
  if (!router.ok) return router
  let from: { readonly sample: TrafficSample; readonly at: number } | null = null
  let last = 'the router could not be read'
  while (!signal.aborted && clock.now() < endsAt) {
    const sample = await router.value.count(signal)
    if (!sample.ok) last = sample.problem.detail
    else if (from === null || from.sample.epoch !== sample.value.epoch)
      from = { sample: sample.value, at: clock.now() }
    else {
      const late = between(from.sample, sample.value, candidateStack(rollout)).requests
      const recovery = judgeRecovery(
        between(from.sample, sample.value, controlStack(rollout)),
        before,
        clock.now() - from.at,
        forMs,
      )
      last = late > 0 ? `the candidate still served ${late} requests` : recovery.because
      if (recovery.state === 'well' && late === 0) return yes({ evidence: last })
      // A window that was spoilt by the last of the failure is followed by a clean one.
      if (clock.now() - from.at >= forMs) from = { sample: sample.value, at: clock.now() }
    }
    await clock.until(clock.now() + rollout.strategy.detection.every, signal)
  }
  return no(failure('refused', 'never', `users were not seen to be well: ${last}`))
}

/** Users are still on the candidate, with its faulty part switched off: it must now pass as any candidate must. */
async function watchBoth(
  want: StepWant,
  { forMs }: Verify,
  rollout: Rollout,
  context: MeasureContext,
  endsAt: number,
  signal: AbortSignal,
): Promise<Seen> {
  const { clock } = context
  const index = rollout.strategy.exposure.groups.findIndex(
    ({ name }) => want.step.action.kind === 'verify' && name === want.step.action.group,
  )
  // The candidate is warm by now: what is forgiven at a start is scaled to this short look.
  let measuring = beginMeasuring(
    rollout,
    want.step.id,
    Math.max(0, index),
    null,
    {},
    clock.now(),
    forMs,
  )
  const startedAt = clock.now()
  let last = 'nothing was measured yet'
  while (!signal.aborted && clock.now() < endsAt) {
    measuring = await measureOnce(measuring, rollout, context, signal)
    const { verdict } = judgeNow(measuring, clock.now())
    last = verdict.because
    if (verdict.kind === 'fail')
      return no(failure('refused', 'never', `users are still hurt: ${verdict.because}`))
    if (verdict.kind === 'pass' && clock.now() - startedAt >= forMs)
      return yes({ evidence: verdict.because })
    await clock.until(clock.now() + rollout.strategy.detection.every, signal)
  }
  return no(failure('refused', 'never', `users were not seen to be well: ${last}`))
}

/** What users of one stack got between two samples. */
export function between(from: TrafficSample, to: TrafficSample, stack: string): Experience {
  const [a, b] = [from.stacks[stack], to.stacks[stack]]
  return {
    requests: Math.max(0, (b?.requests ?? 0) - (a?.requests ?? 0)),
    errors: Math.max(0, (b?.errors ?? 0) - (a?.errors ?? 0)),
  }
}
