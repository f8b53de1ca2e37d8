import { type Millis, SECOND, sayDuration } from '../kernel/instant.ts'
import type { Group, Strategy } from '../strategy/schema.ts'
import { type ExpectedTraffic, foresee } from './foresight.ts'
import { sayPercent, sayTimes } from './say-numbers.ts'
import { weightsOf } from './weights.ts'

/** What people ask of a bake: would it have noticed twice the errors? */
const TWICE = 2

/**
 * What each group can promise at this traffic, one sentence each; for a review, and before a start.
 * Groups that expose nobody promise nothing, and a strategy without an error rate cannot say.
 */
export function sayForesight(strategy: Foreseen, traffic: ExpectedTraffic): readonly string[] {
  return strategy.exposure.groups.flatMap((group) => {
    const said = sayGroupForesight(strategy, group, traffic)
    return said === null ? [] : [`${group.name}: ${said}`]
  })
}

type Foreseen = Pick<Strategy, 'exposure' | 'detection'>

/** The same of one group; null where nothing can be said. */
export function sayGroupForesight(
  { exposure, detection }: Foreseen,
  group: Pick<Group, 'share' | 'bake' | 'minExposure'>,
  traffic: ExpectedTraffic,
): string | null {
  const { metrics, falseAlarms } = detection
  const index = metrics.findIndex(({ kind, shadow }) => kind === 'error-rate' && !shadow)
  const [metric, weight] = [metrics[index], weightsOf(metrics)[index]]
  if (metric === undefined || weight === undefined || group.share === 0) return null
  const groups = exposure.groups.filter(({ share }) => share > 0).length
  const logEToFire = Math.log(Math.max(1, groups) / falseAlarms / weight)
  const foresight = foresee({ group, metric, logEToFire }, traffic)
  return `${sayPass(group.bake, foresight.canPassAfter)}; ${sayTwice(group.bake, foresight)}`
}

function sayPass(bake: Millis, after: Millis | null): string {
  if (after === null) return 'it cannot pass at this traffic'
  if (after <= bake) return `it can pass after its bake of ${sayDuration(bake)}`
  return `it needs about ${sayAbout(after)} to pass, longer than its bake of ${sayDuration(bake)}`
}

function sayTwice(
  bake: Millis,
  { isBeside, noticedInBake, noticedAfter }: ReturnType<typeof foresee>,
): string {
  const after = noticedAfter(TWICE)
  if (after !== null && after <= bake) {
    return `twice the errors are noticed in about ${sayAbout(after)}`
  }
  const instead =
    noticedInBake === null
      ? 'only an outright failure is'
      : `${sayTimes(noticedInBake)} times as many are`
  if (after !== null && isBeside) {
    return `twice the errors take about ${sayAbout(after)} to be noticed; in its bake ${instead}`
  }
  const why = isBeside ? 'at this traffic' : 'without a control beside the candidate'
  return `twice the errors are not noticed ${why}; in its bake ${instead}`
}

/** A length of time that is an estimate: in whole seconds. */
function sayAbout(millis: number): string {
  return sayDuration(Math.max(SECOND, Math.round(millis / SECOND) * SECOND))
}

/** The traffic in words: `at 200 requests/s, of which 0.5 % fail`. */
export function sayTraffic({ perSecond, errorRate }: ExpectedTraffic): string {
  const rate = perSecond < 10 ? Number(perSecond.toPrecision(2)) : Math.round(perSecond)
  return `at ${rate} requests/s, of which ${sayPercent(errorRate)} fail`
}
