import { logSum } from '../detect/statistics/log-space.ts'
import { rateRatio } from '../detect/statistics/rate-ratio.ts'
import { RATIO_GRID } from '../detect/statistics/ratio-grid.ts'
import { digestOf } from '../kernel/hash.ts'
import type { Instant } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { RolloutRefusal } from '../rollout/commands.ts'
import type { RolloutEvent } from '../rollout/events.ts'
import { evolveRollout } from '../rollout/evolve.ts'
import type { Failing } from '../rollout/failing.ts'
import { servedTo } from '../rollout/served.ts'
import { groupAt, REPORTS_MAX, type Rollout } from '../rollout/state.ts'
import { BUCKETS } from '../words/exposure-share.ts'

/**
 * A rollout that is not to blame is halted by reports at most once in a hundred, however often
 * somebody reports (Ville's inequality, as for the metrics). Kept apart from their budget, because
 * a strategy has to ask for it.
 */
const LOG_TO_HALT = Math.log(100)

/** A user's report, as the command line and the API bring it. */
export interface TakeReport {
  readonly type: 'take-report'
  /** Who reports. It is not kept; its hash is, so that one user counts once. */
  readonly user: string
  readonly says: string
  readonly occurredAt: Instant
  readonly now: Instant
}

/**
 * Takes in what a user reports, with the release that served them. It halts only where the
 * strategy asks for that: once enough different users of the candidate have reported, and more of them,
 * for the share that they are, than of the old release.
 */
export function takeReport(
  rollout: Rollout,
  { user, says, occurredAt, now }: TakeReport,
): Result<readonly RolloutEvent[], RolloutRefusal> {
  if (rollout.reports.length >= REPORTS_MAX)
    return no({
      code: 'too-many-signals',
      detail: `${REPORTS_MAX} users have reported about it already`,
    })
  const served = servedTo(rollout, user, occurredAt)
  const reporter = digestOf([rollout.id, user]).slice(0, 16)
  const data = { reporter, says, ...served, occurredAt, at: now }
  const received = { type: 'report.received', data } as const
  const after = evolveRollout(rollout, received)
  const because = after === null ? null : enough(after)
  const { stage } = rollout
  if (because === null || stage.at === 'halted') return yes([received])
  const index = rollout.watched?.index ?? ('index' in stage ? stage.index : 0)
  const group = groupAt(rollout, index).name
  const failing: Failing = {
    kind: 'report',
    group,
    because: `group '${group}': ${because}`,
    metrics: [],
    routes: [],
    verdict: null,
  }
  return yes([received, { type: 'rollout.halted', data: { failing, at: now } }])
}

/** Why the reports are enough to halt; null while they are not. */
function enough({ strategy, reports, route, release }: Rollout): string | null {
  const { haltAfter } = strategy.detection.alerts.reports
  const buckets = route?.buckets ?? 0
  if (haltAfter === undefined || buckets === 0) return null
  const candidate = reports.filter(({ arm }) => arm === 'candidate').length
  const control = reports.filter(({ arm }) => arm === 'control').length
  if (candidate < haltAfter) return null
  const users = `${candidate} different users of ${release} report trouble`
  if (buckets >= BUCKETS) return `${users}, and nobody is left to compare with`
  // Users stand for the time they are exposed: under equal rates a report is the candidate's with its share.
  const slice = { n1: buckets, x1: candidate, n0: BUCKETS - buckets, x0: control }
  const logE = logSum(rateRatio(slice, 1).map((log) => log - Math.log(RATIO_GRID.length)))
  if (logE < LOG_TO_HALT) return null
  return `${users}, against ${control} of everybody else, who are ${Math.round(100 - buckets / 100)} % of the users`
}
