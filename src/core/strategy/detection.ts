import { z } from 'zod'
import { Alerts } from './alerts.ts'
import { Allowance } from './allowance.ts'
import { TelemetrySource } from './connections.ts'
import { Objective } from './objective.ts'
import { Name, Wait } from './quantities.ts'
import { writtenOut } from './recommended-metrics.ts'

const LIST_MAX = 50

const PromQl = z.string().min(1).max(4000).optional()

const Query = z.strictObject({
  requests: PromQl.describe('For `error-rate`: the counter of all requests.'),
  errors: PromQl.describe('For `error-rate`: the counter of the failed ones.'),
  buckets: PromQl.describe(
    "For `latency`: a histogram. In Prometheus a classic one's `_bucket` series, or a native one, in seconds unless its name says milliseconds.",
  ),
  value: PromQl.describe(
    'For `gauge`: the value itself, as a mean over the instances of one arm: `avg(queue_depth{stack="$stack"})`. Here a `rate` is welcome.',
  ),
})

/** One thing that is compared between the candidate and the control. */
export const Metric = z.strictObject({
  name: Name.describe('How evidence, messages and conditions call it.'),
  source: Name.default('router').describe(
    'Who measures it: `router`, or the name of an entry under `detection.sources`.',
  ),
  kind: z
    .enum(['error-rate', 'latency', 'gauge'])
    .describe(
      '`error-rate` compares failed requests, `latency` the whole distribution of times, `gauge` the mean of anything else: memory, queue depth, CPU per request.',
    ),
  direction: z
    .enum(['increase', 'decrease', 'either'])
    .optional()
    .describe(
      'For `gauge`: which change is bad. Absent: an `increase`. Errors and latency are always bad when they grow.',
    ),
  tolerance: z
    .number()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      'How much worse than the control is still fine, as a ratio: `1` means not worse at all, `1.2` a fifth worse. Only a difference beyond it counts as evidence.',
    ),
  allow: Allowance.optional().describe(
    'How much worse is still fine on top of `tolerance`, as a difference: `0.5%` of the requests for an `error-rate`, `5ms` for a `latency`, a number in its own unit for a `gauge`. Absent: nothing.',
  ),
  slo: Objective.optional().describe(
    'For `error-rate`: the promise that it measures. Beside a control it changes nothing, for a shared outage is not the release. Where none runs, twice the error budget takes the place of what the control was like before; and health knows how fast the budget burns.',
  ),
  severity: z
    .enum(['critical', 'major', 'minor'])
    .optional()
    .describe(
      'What a failure of this metric means. `critical` is believed three times as soon as `major`, which is the default. `minor` holds the group and asks a person, and never halts unless another metric leans to failure too.',
    ),
  weight: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe(
      'Share of this metric in the false-alarm budget; weights are scaled to sum to one. A heavier metric is believed sooner.',
    ),
  query: Query.optional().describe(
    'What to ask the source for, for one arm. Counters are written without `rate`: goaround adds up the instances and counts what is new. For Prometheus it is PromQL, with `$stack`, `$release`, `$workload`, `$rollout` and `$group` filled in. For OTLP it is a selector, `http.server.request.duration{http.response.status_code>=500}`, several joined by `or`; the source tells the arms apart. Not allowed for the router.',
  ),
  shadow: z
    .boolean()
    .default(false)
    .describe('Evaluates and records what it would have done, and never acts.'),
})

/** A metric as people write it: in full, or a recommended one by its name alone. */
export const MetricEntry = z.preprocess(writtenOut, Metric)

/** How it is noticed that a rollout fails. */
export const Detection = z.strictObject({
  every: Wait.prefault('500ms').describe(
    'How often the evidence is looked at. Looking often costs no false alarms, only queries.',
  ),
  falseAlarms: z
    .number()
    .positive()
    .max(0.2)
    .default(0.01)
    .describe(
      'The chance of halting a good rollout: for the whole rollout, all metrics together, however often it is looked at.',
    ),
  staleAfter: Wait.prefault('15s').describe('Data older than this is no data.'),
  onNoData: z
    .enum(['wait', 'halt'])
    .default('wait')
    .describe('What a group without data does: wait for it, or halt. It never passes.'),
  sources: z
    .array(TelemetrySource)
    .max(LIST_MAX)
    .prefault([])
    .describe('Where metrics are read besides the router.'),
  metrics: z
    .array(MetricEntry)
    .min(1)
    .max(LIST_MAX)
    .describe(
      'What is compared between the two arms. `[errors, latency]` asks for what is recommended: the errors and the times that the router measures, a tenth and 5ms slower forgiven.',
    ),
  alerts: Alerts.prefault({}).describe('What is heard from outside about a rollout.'),
})
