import { DAY, type Instant, type Millis } from '../kernel/instant.ts'
import type { Account } from './account.ts'

/** What matters most is mended within a fortnight and a day, everything else within a month (PagerDuty's published practice for its two highest severities). */
const DUE_URGENT_MS: Millis = 15 * DAY
const DUE_MS: Millis = 30 * DAY

/** One thing to be done so that it goes better next time. */
export interface ActionItem {
  readonly class: 'response plan' | 'observability' | 'workload'
  readonly action: string
  /** How one sees that it is done; a ticket that was closed is not enough. */
  readonly doneWhen: string
}

/**
 * Actions that the facts suggest, at least one of each class; the first is always a test of the
 * same failure, because nothing else proves that the fix is one.
 */
export function suggestedActions(account: Account): readonly ActionItem[] {
  return [...aboutWorkload(account), ...aboutObservability(account), ...aboutResponse(account)]
}

/** When the actions should be done by, counted from the moment the postmortem was owed. */
export function actionsDueAt({ openedAt, started }: Account): Instant | null {
  if (openedAt === null) return null
  const { criticality } = started.strategy.workload
  const isUrgent = criticality === 'business-critical' || criticality === 'mission-critical'
  return openedAt + (isUrgent ? DUE_URGENT_MS : DUE_MS)
}

function aboutWorkload({ started, halts, baseline, passed }: Account): readonly ActionItem[] {
  const failing = halts[0]?.failing
  const { release } = started
  const where = sayWhere(failing?.routes ?? [])
  const items: ActionItem[] = [
    {
      class: 'workload',
      action: `Add a regression test for the same failure${where}`,
      doneWhen: `it fails on ${release}, passes on the fix, and runs before every rollout`,
    },
  ]
  if ((baseline?.drift.length ?? 0) > 0)
    items.push({
      class: 'workload',
      action: 'Bring the running state back in line with the last known good state that was sealed',
      doneWhen: 'a rollout captures its baseline without a difference',
    })
  if (failing?.kind === 'verdict' && passed.length > 0)
    items.push({
      class: 'workload',
      action: `Choose the first group so that it meets what failed in '${failing.group}'`,
      doneWhen: 'a drill with the same failure halts in the first group',
    })
  return items
}

function aboutObservability({ halts, started }: Account): readonly ActionItem[] {
  const failing = halts[0]?.failing
  switch (failing?.kind) {
    case 'operator':
      return [
        {
          class: 'observability',
          action: 'Measure what was seen by hand, and add it to detection.metrics',
          doneWhen: `a backtest of ${started.id} halts without anybody`,
        },
      ]
    case 'no-data':
      return [
        {
          class: 'observability',
          action: 'Mend the source that gave no data, and alert when it is silent',
          doneWhen: 'a drill that silences the source raises the alert',
        },
      ]
    case 'alert':
    case 'report':
      return [
        {
          class: 'observability',
          action: 'Measure in detection.metrics what was heard from outside first',
          doneWhen: `a backtest of ${started.id} halts before the signal came`,
        },
      ]
    case 'smoke':
    case 'deploy':
      return [
        {
          class: 'observability',
          action: 'Run the check that failed in the pipeline too, before a rollout begins',
          doneWhen: `the pipeline refuses ${started.release}`,
        },
      ]
    case 'verdict':
    case 'health':
    case undefined:
      return [
        {
          class: 'observability',
          action: `Add a smoke test for what failed${sayWhere(failing?.routes ?? [])}`,
          doneWhen: 'the same failure halts before the group gets any user',
        },
      ]
  }
}

function aboutResponse({ attempts, overdue, audiences, started }: Account): readonly ActionItem[] {
  const items: ActionItem[] = []
  const acted = attempts.filter(({ decision }) => decision.choose !== 'hold')
  const helped = acted.find(({ outcome }) => outcome.how === 'took-effect')
  const way = (helped ?? acted.at(-1))?.decision.choose
  const isUnrehearsed = attempts.some(({ decision }) =>
    decision.approvals.some(({ because }) => because.includes('rehearsed')),
  )
  if (isUnrehearsed || started.strategy.practice.credits.length === 0)
    items.push({
      class: 'response plan',
      action: `Rehearse the ${way ?? 'fallback'} and record it under practice.credits`,
      doneWhen: 'a drill passed and its credit is fresh',
    })
  if (overdue > 0)
    items.push({
      class: 'response plan',
      action: 'Agree who answers for each role of the decision tree, at any hour',
      doneWhen: 'a drill is approved within the time that the tree allows',
    })
  for (const { decision, outcome } of attempts) {
    if (outcome.how !== 'did-not-help') continue
    items.push({
      class: 'response plan',
      action: `Find out why the ${decision.choose} did not help, and move or mend branch '${decision.branch}'`,
      doneWhen: `a drill of branch '${decision.branch}' ends with users well`,
    })
  }
  for (const { name } of audiences.filter(({ notAccepted, late }) => notAccepted + late > 0))
    items.push({
      class: 'response plan',
      action: `Make the channel of '${name}' reliable, or give it a second one`,
      doneWhen: 'the messages of a drill are accepted in time',
    })
  if (items.length === 0)
    items.push({
      class: 'response plan',
      action: 'Rehearse this failure once more with somebody who was not there',
      doneWhen: 'the drill meets the times of this account',
    })
  return items
}

function sayWhere(routes: readonly string[]): string {
  return routes.length === 0 ? '' : ` (${routes.join(', ')})`
}
