import { z } from 'zod'
import { Name, Share, Wait } from './quantities.ts'

const LIST_MAX = 50
/** More evaluation periods than this are a trend, and not the difference between a blip and a fault. */
const PERIODS_MAX = 20
const BURN_MAX = 10_000

/** How much of a dependency's illness reaches what depends on it. */
export const DEPENDENCY_CRITICALITIES = ['required', 'important', 'optional'] as const
export type DependencyCriticality = (typeof DEPENDENCY_CRITICALITIES)[number]

const Ill = z.enum(['degraded', 'unhealthy'])

const Signal = z.strictObject({
  metric: Name.optional().describe(
    "A metric under `detection.metrics`. Without thresholds its verdict counts; with them the candidate's share of bad requests in one period.",
  ),
  smoke: Name.optional().describe('A smoke test of the group that is exposed.'),
  alert: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The name of an alert that is bound to the rollout; ill while it fires.'),
  degradedAbove: Share.optional().describe(
    'With `metric`: degraded when more than this share of the requests of one period is bad.',
  ),
  unhealthyAbove: Share.optional().describe(
    'With `metric`: unhealthy when more than this share of the requests of one period is bad.',
  ),
  degradedBurn: z
    .number()
    .positive()
    .max(BURN_MAX)
    .optional()
    .describe(
      "With a `metric` that has an `slo`: degraded when the error budget burns faster than this many times the objective's pace.",
    ),
  unhealthyBurn: z
    .number()
    .positive()
    .max(BURN_MAX)
    .optional()
    .describe('The same for unhealthy; 14.4 spends 2 % of a 30-day budget within an hour.'),
  means: Ill.default('unhealthy').describe(
    'With `smoke` or `alert`: what a failed test or a firing alert means.',
  ),
})
export type HealthSignal = z.output<typeof Signal>

const Dependency = z.strictObject({
  name: Name.describe('A component or a flow.'),
  criticality: z
    .enum(DEPENDENCY_CRITICALITIES)
    .default('required')
    .describe(
      '`required`: its state is felt as it is. `important`: worked around, so it degrades at most. `optional`: only felt when it is unhealthy, and then it degrades for as long as it lasts. What is not known is not known whatever the criticality.',
    ),
})

const Periods = z.strictObject({
  n: z.int().min(1).max(PERIODS_MAX).describe('So many bad periods…'),
  m: z
    .int()
    .min(1)
    .max(PERIODS_MAX)
    .describe('…among the latest so many make it lasting. All of these must be good to end it.'),
})

const entity = {
  signals: z
    .array(Signal)
    .max(LIST_MAX)
    .prefault([])
    .describe(
      'What it is measured by; the worst counts. A component without any is judged by the verdict of its group.',
    ),
  dependsOn: z
    .array(Dependency)
    .max(LIST_MAX)
    .prefault([])
    .describe('What it cannot do without, or only poorly.'),
  of: Periods.optional().describe('When a bad period is no blip; as for all when absent.'),
  degradedFor: Wait.optional().describe(
    'How long it may be degraded before that counts as unhealthy; as for all when absent.',
  ),
}

const ComponentHealth = z.strictObject({
  name: Name.describe(
    'A component of the workload, or something outside it that others depend on.',
  ),
  ...entity,
})

const Flow = z.strictObject({
  name: Name.describe('What users come to do: `checkout`, `search`.'),
  ...entity,
  onUnhealthy: z
    .enum(['record', 'halt'])
    .default('record')
    .describe('What an unhealthy flow does besides keeping its group from passing.'),
})

/** When a component, a flow or a group is healthy, degraded or unhealthy. */
export const Health = z.strictObject({
  every: Wait.prefault('10s').describe('Length of one evaluation period.'),
  of: Periods.prefault({ n: 2, m: 3 }).describe(
    'When thresholds on a metric are believed. Verdicts, smoke tests and alerts have waited already and count at once.',
  ),
  degradedFor: Wait.prefault('15m').describe(
    'How long anything may be degraded before that counts as unhealthy.',
  ),
  components: z
    .array(ComponentHealth)
    .max(LIST_MAX)
    .prefault([])
    .describe('Components that are measured by more than the verdict, and what they depend on.'),
  flows: z
    .array(Flow)
    .max(LIST_MAX)
    .prefault([])
    .describe(
      'What users do, and what it takes. Without any, one flow named after the workload requires all its components.',
    ),
})
export type Health = z.output<typeof Health>
