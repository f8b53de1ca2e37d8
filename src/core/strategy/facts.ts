import { z } from 'zod'
import { HealthState } from '../words/health.ts'
import { CRITICALITIES, EXPOSURE_MODELS, INFRASTRUCTURES } from './schema.ts'

/** What made a rollout halt, as the conditions see it. */
export const FAILURE_KINDS = [
  'fail',
  'health',
  'smoke',
  'deploy',
  'no-data',
  'operator',
  'alert',
  'report',
] as const

/**
 * Everything that a condition of the decision tree may ask about. All of it is always there, so
 * that a condition never has to ask whether a fact exists. Counts are whole numbers (`int`),
 * shares and ratios have a point (`double`): write `3` against the one, `3.0` against the other.
 */
export const Facts = z.strictObject({
  exposure: z.strictObject({
    model: z.enum(EXPOSURE_MODELS).describe('The exposure model of the strategy.'),
    share: z.number().describe("The candidate's share when it failed, from 0.0 to 1.0."),
    group: z.string().describe('Name of the group that was open.'),
    groupIndex: z.int().describe('Its place, 0 for the first group.'),
    groups: z.int().describe('How many groups the rollout has.'),
  }),
  failure: z.strictObject({
    verdict: z
      .enum(FAILURE_KINDS)
      .describe(
        'What halted the rollout: `fail` (metrics), `health` (an unhealthy flow that halts), `smoke` (a test), `deploy` (it did not start), `no-data`, `operator` (a person), `alert` (a signal from outside), `report` (users).',
      ),
    metrics: z.array(z.string()).describe('Names of the metrics that failed.'),
    routes: z
      .array(z.string())
      .describe('The routes that fail most, worst first; empty when it cannot be told.'),
    worstRatio: z
      .number()
      .describe('How much worse the worst failing metric is than the control; 1.0 is equal.'),
    errorRate: z.number().describe("The candidate's share of failed requests, from 0.0 to 1.0."),
    sentence: z.string().describe('The failure in a sentence, as people read it.'),
  }),
  health: z.strictObject({
    group: HealthState.describe('How the group that was open was last told to be.'),
    flows: HealthState.describe('The worst of all flows.'),
    unhealthy: z
      .array(z.string())
      .describe('Names of the components and flows that are unhealthy.'),
    degraded: z.array(z.string()).describe('Names of those that are degraded.'),
    unknown: z.array(z.string()).describe('Names of those of which it is not known.'),
  }),
  workload: z.strictObject({
    name: z.string().describe('Name of the workload.'),
    criticality: z.enum(CRITICALITIES).describe('How much depends on it.'),
    criticalityRank: z
      .int()
      .describe('The same as a number that can be compared: 0 is `low`, 4 is `mission-critical`.'),
    infrastructure: z.enum(INFRASTRUCTURES).describe('Whether machines are changed in place.'),
  }),
  release: z.strictObject({
    candidate: z.string().describe('The release that failed.'),
    lastKnownGood: z.string().describe('The release to go back to; empty when there is none.'),
  }),
  able: z.strictObject({
    fallback: z.boolean().describe('Whether the old stack can take the traffic now.'),
    rollback: z.boolean().describe('Whether the last known good state can be restored now.'),
    bypass: z.boolean().describe('Whether a bypass covers what fails.'),
    hotfix: z.boolean().describe('Whether a fix can be rolled out.'),
  }),
  alerts: z.strictObject({
    firing: z
      .array(z.string())
      .describe('Names of the alerts that fire and are held against the rollout.'),
    severities: z
      .array(z.string())
      .describe('How bad they say it is: `critical`, `error`, `warning`, `info`, `unknown`.'),
  }),
  effort: z.strictObject({
    hotfixMinutes: z
      .number()
      .describe('How long a fix usually takes, in minutes; 0.0 without `mitigations.hotfix`.'),
  }),
  attempt: z.int().describe('0 for the first decision; counts mitigations that did not help.'),
})
export type Facts = z.output<typeof Facts>

/** One fact as conditions name it. */
export interface FactField {
  /** `exposure.share`, `attempt`. */
  readonly path: string
  readonly type: 'int' | 'double' | 'bool' | 'string' | 'list<string>'
  /** The only values it can have, where they are known beforehand. */
  readonly values: readonly string[] | null
  readonly description: string
}

/** Every fact with its CEL type, in the order of the file: the checker, the docs and editors read this. */
export const FACT_FIELDS: readonly FactField[] = Object.entries(Facts.shape).flatMap(
  ([name, shape]) =>
    shape instanceof z.ZodObject
      ? Object.entries<z.ZodType>(shape.shape).map(([inner, field]) =>
          factField(`${name}.${inner}`, field),
        )
      : [factField(name, shape)],
)

function factField(path: string, field: z.ZodType): FactField {
  return {
    path,
    type: celType(field),
    values: field instanceof z.ZodEnum ? field.options.map(String) : null,
    description: field.description ?? '',
  }
}

function celType(field: z.ZodType): FactField['type'] {
  if (field instanceof z.ZodArray) return 'list<string>'
  if (field instanceof z.ZodBoolean) return 'bool'
  if (field instanceof z.ZodNumberFormat) return 'int'
  if (field instanceof z.ZodNumber) return 'double'
  return 'string'
}
