import type { GroupView } from '../../contract/rollout-view.ts'
import { groupHealth } from '../../core/rollout/health-gate.ts'
import { isFirstRelease, type Rollout } from '../../core/rollout/state.ts'
import { verdictOf } from './verdict-of.ts'

/** The groups of a rollout in order, with what each came to. */
export function groupViews(rollout: Rollout): readonly GroupView[] {
  return rollout.strategy.exposure.groups.map((group, index): GroupView => {
    const record = rollout.groups.find((one) => one.index === index)
    const { stage } = rollout
    const isBaking = stage.at === 'baking' && stage.index === index
    const verdict = isBaking ? (stage.verdict ?? record?.verdict) : record?.verdict
    return {
      name: group.name,
      index,
      share: group.share,
      cohort: group.cohort.length,
      bakeMs: group.bake,
      minExposure: group.minExposure,
      manual: group.manual,
      state: stateOf(rollout, index, record?.passed ?? false),
      openedAt: record?.openedAt ?? null,
      bakingSince: isBaking ? stage.since : null,
      healthySince: isBaking ? stage.healthySince : null,
      exposed: verdict?.exposed ?? 0,
      passed: record?.passed ?? false,
      verdict: verdict == null ? null : verdictOf(verdict),
      health: groupHealth(rollout, index),
    }
  })
}

function stateOf(rollout: Rollout, index: number, passed: boolean): GroupView['state'] {
  if (passed) return 'passed'
  const { stage } = rollout
  const wasOpened = rollout.groups.some((one) => one.index === index)
  if ('index' in stage && stage.index === index) {
    return stage.at === 'halted' ? 'stopped' : stage.at
  }
  if (wasOpened) return 'stopped'
  const last = rollout.strategy.exposure.groups.length - 1
  return isFirstRelease(rollout) && index < last ? 'skipped' : 'ahead'
}
