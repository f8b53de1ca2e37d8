import { type Millis, SECOND } from '../kernel/instant.ts'
import type { Action, Step } from '../step/step.ts'
import type { Smoke } from '../strategy/connections.ts'
import type { TestBinding, TestRound } from '../words/test-outcome.ts'
import { candidateStack, groupAt, isFirstRelease, type Rollout, routedComponent } from './state.ts'

/** Beyond a test's own time: asking for the version before and after it, and ending what hangs. */
const PROOF_MS: Millis = 20 * SECOND

/** Whether a test runs before users reach its group. Files of the first version do not say when. */
export function runsBefore({ when }: Smoke): boolean {
  return when !== 'after'
}

/** Whether a test runs once its group has users, and again at the end of the bake. */
export function runsAfter({ when }: Smoke): boolean {
  return when === 'after' || when === 'both'
}

/** The tests of one round of a group. A first release runs those of every group, once each. */
export function testsOf(rollout: Rollout, index: number, round: TestRound): readonly Smoke[] {
  const isDue = round === 'before' ? runsBefore : runsAfter
  const all = isFirstRelease(rollout)
    ? rollout.strategy.exposure.groups.flatMap(({ smoke }) => smoke)
    : groupAt(rollout, index).smoke
  return [...new Map(all.filter(isDue).map((smoke) => [smoke.name, smoke])).values()]
}

/** One step per test of a round, still without a name. */
export function testSteps(
  rollout: Rollout,
  index: number,
  round: TestRound,
  opening: number,
): readonly Omit<Step, 'id'>[] {
  const group = groupAt(rollout, index).name
  const component = routedComponent(rollout)
  const proof = rollout.strategy.workload.components.find(({ name }) => name === component)?.version
  return testsOf(rollout, index, round).map((smoke) => {
    const version = smoke.version ?? proof
    return {
      says: `pass the smoke test '${smoke.name}' in group '${group}'${WHEN[round]}`,
      action: {
        kind: 'smoke',
        group,
        component,
        stack: candidateStack(rollout),
        release: rollout.release,
        smoke,
        round,
        opening,
        ...(version === undefined ? {} : { version }),
      },
      attemptsMax: smoke.attempts,
      withinMs: smoke.timeout + PROOF_MS,
    }
  })
}

const WHEN: Readonly<Record<TestRound, string>> = {
  before: '',
  exposed: ', now that users reach it',
  baked: ', at the end of its bake',
}

/** What an outcome of this action must be bound to in order to count. */
export function bindingOf(
  rollout: string,
  action: Extract<Action, { kind: 'smoke' }>,
): TestBinding {
  const { group, release, stack, round = 'before', opening = 0 } = action
  return { rollout, group, opening, round, release, stack }
}
