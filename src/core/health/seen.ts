import type { Verdict } from '../words/verdict.ts'

/** What one look at an exposed group brought to light; nothing in it is older than the group's exposure. */
export interface HealthSeen {
  /** The group's verdict, with the evidence of each metric: cumulative counts since the group's start. */
  readonly verdict: Verdict
  /** The group's smoke tests by name; a test that is missing was not run in this group. */
  readonly smokes: Readonly<Record<string, 'passed' | 'failed' | 'error'>>
  /** Alerts bound to the rollout that fire; null while no source of alerts can be heard. */
  readonly firing: readonly string[] | null
  /** Error budgets of the metrics that have an objective, as a share of requests. */
  readonly budgets: Readonly<Record<string, number>>
}
