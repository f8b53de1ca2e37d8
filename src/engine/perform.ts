import type { StepWant } from '../core/course/wants.ts'
import type { DriverFailure } from '../core/kernel/failure.ts'
import type { Instant } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Rollout } from '../core/rollout/state.ts'
import { notSeenInTime } from '../core/step/plan.ts'
import type { TestOutcome } from '../core/words/test-outcome.ts'
import type { Clock } from '../ports/clock.ts'
import type { Ask } from '../ports/driver.ts'
import type { Drivers } from '../ports/drivers.ts'
import { withDeadline } from './deadline.ts'
import { effectFor } from './effects.ts'

/** The first looks follow each other quickly, because traffic is waiting; then they slow down. */
const LOOK_FIRST_MS = 20
const LOOK_MAX_MS = 500

/** What a look at the world found: the wanted state, or what is there instead. */
export type Look =
  | { readonly inEffect: true; readonly evidence: string }
  | { readonly inEffect: false; readonly seen: string; readonly hopeless?: DriverFailure }

/** One kind of effect on one real system: look, and ask. Both may be repeated at any time. */
export interface Effect {
  readonly look: (signal: AbortSignal) => Promise<Result<Look, DriverFailure>>
  readonly ask: (ask: Ask) => Promise<Result<null, DriverFailure>>
}

/** Who hears what is seen on the way, long before a step is done. */
export interface Witness {
  /** What a look found instead of the wanted state, or what a long test said last. */
  readonly saw: (says: string) => void
  /** What became of one try of a test. */
  readonly tested: (outcome: TestOutcome) => void
}

export interface Performing {
  readonly drivers: Drivers
  readonly clock: Clock
  readonly rollout: Rollout
  readonly witness: Witness
}

/**
 * Brings one step about: looks, asks only when it is not so yet, and looks until it is seen or
 * the attempt's time is over. Because it always looks first, a repeated attempt after a crash or
 * a timeout finds what the former one did.
 */
export async function perform(
  want: StepWant,
  context: Performing,
  parent: AbortSignal,
): Promise<Result<{ readonly evidence: string }, DriverFailure>> {
  const { clock } = context
  // From this process' first look on: a server that was down meanwhile has not seen that nothing came.
  const endsAt = clock.now() + want.step.withinMs
  const effect = await effectFor(want.step.action, context)
  if (!effect.ok) return effect
  return withDeadline(clock, endsAt, parent, (signal) =>
    bringAbout(effect.value, want, context, endsAt, signal),
  )
}

async function bringAbout(
  effect: Effect,
  want: StepWant,
  { clock, witness }: Performing,
  endsAt: Instant,
  signal: AbortSignal,
): Promise<Result<{ readonly evidence: string }, DriverFailure>> {
  const first = await effect.look(signal)
  if (first.ok && first.value.inEffect) return yes({ evidence: first.value.evidence })
  if (!first.ok && first.problem.retry === 'never') return first

  const asked = await effect.ask({ effectId: want.effectId, signal })
  // After an unclear answer only a look can tell; a clear refusal is the answer.
  if (!asked.ok && asked.problem.retry !== 'after-looking') return asked

  let lastSeen = asked.ok ? 'nothing yet' : asked.problem.detail
  for (let wait = LOOK_FIRST_MS; ; wait = Math.min(wait * 1.5, LOOK_MAX_MS)) {
    const look = await effect.look(signal)
    if (look.ok && look.value.inEffect) return yes({ evidence: look.value.evidence })
    if (look.ok && !look.value.inEffect && look.value.hopeless !== undefined)
      return no(look.value.hopeless)
    // A look for which there was no time left has seen nothing, and hides what the last one saw.
    if (look.ok || !signal.aborted) {
      lastSeen = look.ok ? sayLook(look.value) : look.problem.detail
      witness.saw(lastSeen)
    }
    if (signal.aborted || clock.now() >= endsAt) return no(notSeenInTime(want.step, lastSeen))
    await clock.until(Math.min(clock.now() + wait, endsAt), signal)
  }
}

function sayLook(look: Look): string {
  return look.inEffect ? look.evidence : look.seen
}
