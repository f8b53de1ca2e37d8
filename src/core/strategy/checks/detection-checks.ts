import { SECOND, sayDuration } from '../../kernel/instant.ts'
import type { AllowanceAmount } from '../allowance.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Metric, Strategy } from '../schema.ts'
import { azureMonitorChecks } from './azure-monitor-checks.ts'
import { type Check, check } from './check.ts'
import { repeatedNames, unknownName } from './names.ts'
import { otlpChecks } from './otlp-checks.ts'
import { partsOf, type QueryPart, queryCountsOneArm } from './query-checks.ts'

/** The router's own name as a source. */
const ROUTER = 'router'
/** More often than this only costs: no request is answered and counted faster in practice. */
const EVERY_MIN_MS = SECOND / 10
const METRICS: Path = ['detection', 'metrics']
const SOURCES: Path = ['detection', 'sources']

type Detection = Strategy['detection']

/** What a source must be asked for each kind. */
const QUERY_PARTS: Readonly<Record<Metric['kind'], readonly QueryPart[]>> = {
  'error-rate': ['requests', 'errors'],
  latency: ['buckets'],
  gauge: ['value'],
}

/** What is measured, by whom, and whether the two arms can be told apart by it. */
export const DETECTION_CHECKS: readonly Check[] = [
  check(['detection'], ({ detection }) => [
    ...repeatedNames(detection.metrics, METRICS, 'metric'),
    ...repeatedNames(detection.sources, SOURCES, 'source'),
    ...routerIsTaken(detection),
  ]),
  check(['detection'], ({ detection }) => pace(detection)),
  check(['detection'], ({ detection }) => otlpChecks(detection.sources)),
  check(['detection'], ({ detection }) => azureMonitorChecks(detection)),
  check(['detection'], ({ detection }) =>
    detection.metrics.flatMap((metric, index) => [
      ...sourceExists(metric, index, detection),
      ...queryFits(metric, index),
      ...queryCountsOneArm(metric, index, detection.sources),
      ...gaugeIsMeasured(metric, index),
      ...allowanceFits(metric, index),
      ...objectiveFits(metric, index),
    ]),
  ),
]

function routerIsTaken({ sources }: Detection): readonly Remark[] {
  return sources.flatMap(({ name }, index) =>
    name === ROUTER
      ? [
          {
            severity: 'error' as const,
            path: [...SOURCES, index, 'name'],
            found: 'a source named "router"',
            expected: 'another name: "router" is the traffic router itself',
            fix: 'rename it',
          },
        ]
      : [],
  )
}

function pace({ every, staleAfter }: Detection): readonly Remark[] {
  const path = ['detection', 'every']
  if (every < EVERY_MIN_MS) {
    return [
      {
        severity: 'error',
        path,
        found: sayDuration(every),
        expected: `at least ${sayDuration(EVERY_MIN_MS)}`,
        fix: 'remove it; the default of 500ms notices within a second',
      },
    ]
  }
  if (every <= staleAfter) return []
  return [
    {
      severity: 'error',
      path,
      found: `a look every ${sayDuration(every)}, at data that is stale after ${sayDuration(staleAfter)}`,
      expected: 'to look more often than data goes stale',
      fix: 'look more often, or raise "staleAfter"',
    },
  ]
}

function sourceExists(metric: Metric, index: number, { sources }: Detection): readonly Remark[] {
  const known = [ROUTER, ...sources.map(({ name }) => name)]
  if (known.includes(metric.source)) return []
  const path = [...METRICS, index, 'source']
  return [unknownName(metric.source, known, { path, what: 'source', where: 'detection.sources' })]
}

const ALLOWANCES: Readonly<
  Record<Metric['kind'], { readonly unit: AllowanceAmount['unit']; readonly expected: string }>
> = {
  'error-rate': { unit: 'share', expected: 'a share of the requests, such as "0.5%"' },
  latency: { unit: 'ms', expected: 'a duration, such as "5ms"' },
  gauge: { unit: 'own', expected: "a number in the gauge's own unit" },
}

function allowanceFits({ kind, allow }: Metric, index: number): readonly Remark[] {
  const { unit, expected } = ALLOWANCES[kind]
  if (allow === undefined || allow.unit === unit) return []
  return [
    {
      severity: 'error',
      path: [...METRICS, index, 'allow'],
      found: `a difference in another unit than a metric of kind ${kind} is measured in`,
      expected,
      fix: 'write it in that unit, or remove it',
    },
  ]
}

/** A router counts requests; it knows neither memory nor queues, and errors have no other direction. */
function gaugeIsMeasured(metric: Metric, index: number): readonly Remark[] {
  const remarks: Remark[] = []
  if (metric.kind === 'gauge' && metric.source === ROUTER) {
    remarks.push({
      severity: 'error',
      path: [...METRICS, index],
      atName: true,
      found: `the gauge "${metric.name}", measured by the router`,
      expected: 'a source that knows it: the router counts requests, errors and times alone',
      fix: 'add a source under detection.sources, and name it',
    })
  }
  if (metric.kind !== 'gauge' && metric.direction !== undefined) {
    remarks.push({
      severity: 'error',
      path: [...METRICS, index, 'direction'],
      atName: true,
      found: `a direction for a metric of kind ${metric.kind}`,
      expected: 'none: only more of it is bad',
      fix: 'remove it',
    })
  }
  return remarks
}

function objectiveFits({ kind, slo }: Metric, index: number): readonly Remark[] {
  if (slo === undefined || kind === 'error-rate') return []
  return [
    {
      severity: 'error',
      path: [...METRICS, index, 'slo'],
      atName: true,
      found: `an objective for a metric of kind ${kind}`,
      expected: 'a metric that counts good and bad requests',
      fix: 'make it an error-rate, or remove the objective',
    },
  ]
}

function queryFits(metric: Metric, index: number): readonly Remark[] {
  const path = [...METRICS, index, 'query']
  if (metric.source === ROUTER) {
    if (metric.query === undefined) return []
    return [
      {
        severity: 'error',
        path,
        atName: true,
        found: 'a query for a metric that the router measures',
        expected: 'none: the router counts requests, errors and times itself',
        fix: 'remove it, or name the source that answers it',
      },
    ]
  }
  const needed = QUERY_PARTS[metric.kind]
  const wanted = needed.map((one) => `"${one}"`).join(' and ')
  const given = partsOf(metric).map(([part]) => part)
  const missing = needed.filter((part) => !given.includes(part))
  const idle = given.filter((part) => !needed.includes(part))
  return [
    ...missing.map((part) => ({
      severity: 'error' as const,
      path: metric.query === undefined ? [...METRICS, index] : path,
      atName: true,
      found: `no query "${part}" for the ${metric.kind} "${metric.name}"`,
      expected: wanted,
      fix: `add "${part}: …" to its query`,
    })),
    ...idle.map((part) => ({
      severity: 'error' as const,
      path: [...path, part],
      atName: true,
      found: `a query "${part}" for a metric of kind ${metric.kind}`,
      expected: wanted,
      fix: 'remove it, or change the kind',
    })),
  ]
}
