import { healthModelOf } from '../core/health/model.ts'
import type { HealthSeen } from '../core/health/seen.ts'
import { type HealthLook, lookAtHealth } from '../core/health/watch-health.ts'
import type { Instant } from '../core/kernel/instant.ts'
import { testsOf } from '../core/rollout/group-tests.ts'
import { heeded } from '../core/rollout/heed.ts'
import { blocking } from '../core/rollout/signals.ts'
import { silentSources } from '../core/rollout/sources.ts'
import { groupAt, type Rollout } from '../core/rollout/state.ts'
import { budgetOf } from '../core/strategy/objective.ts'
import type { Verdict } from '../core/words/verdict.ts'
import type { Measuring } from './measure.ts'

/** Looks at the health of everything that the group's users rely on, as of this verdict. */
export function healthNow(
  { health }: Pick<Measuring, 'health'>,
  rollout: Rollout,
  index: number,
  verdict: Verdict,
  now: Instant,
): HealthLook {
  const group = groupAt(rollout, index)
  const seen: HealthSeen = {
    verdict: heeded(rollout, verdict),
    smokes: smokesOf(rollout, index),
    firing: silentSources(rollout).length > 0 ? null : blocking(rollout).map(({ name }) => name),
    budgets: budgetsOf(rollout),
  }
  return lookAtHealth(healthModelOf(rollout.strategy, group.name), health, seen, now)
}

/**
 * What this group's own tests came to. A group is watched once its share was seen, so those before it
 * have passed; those after it count once their round is through, and a failed one halts by itself.
 */
function smokesOf(rollout: Rollout, index: number): HealthSeen['smokes'] {
  const { stage } = rollout
  const isThrough = stage.at === 'baking' && stage.tests?.progress.mode === 'done'
  const passed = [
    ...testsOf(rollout, index, 'before'),
    ...(isThrough ? testsOf(rollout, index, 'exposed') : []),
  ]
  return Object.fromEntries(passed.map(({ name }) => [name, 'passed']))
}

function budgetsOf({ strategy }: Rollout): HealthSeen['budgets'] {
  return Object.fromEntries(
    strategy.detection.metrics.flatMap(({ name, slo }) =>
      slo === undefined ? [] : [[name, budgetOf(slo)]],
    ),
  )
}
