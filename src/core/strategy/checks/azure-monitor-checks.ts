import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Strategy } from '../schema.ts'
import { partsOf } from './query-checks.ts'

type Detection = Strategy['detection']
type AzureMonitor = Extract<Detection['sources'][number], { driver: 'azure-monitor' }>

/** Addresses at which nobody else can listen in. */
const OWN = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
/** Operators after which rows are no longer what happened, one by one. */
const NO_ROWS = /\|\s*(summarize|count|make-series|top-nested|evaluate)\b/i

/** Whether Azure Monitor can be asked: whom, as whom, unheard by others, and for rows. */
export function azureMonitorChecks(detection: Detection): readonly Remark[] {
  return detection.sources.flatMap((source, index) => {
    if (source.driver !== 'azure-monitor') return []
    const path: Path = ['detection', 'sources', index]
    return [
      ...oneOf(source, ['workspace', 'app'], path, 'asks either'),
      ...oneOf(source, ['client', 'identity', 'bearer'], path, 'signs in as one'),
      ...(['endpoint', 'authority'] as const).flatMap((name) =>
        isPrivate(source[name], [...path, name]),
      ),
      ...metricsOf(detection, source.name),
    ]
  })
}

function oneOf(
  source: AzureMonitor,
  names: readonly (keyof AzureMonitor)[],
  path: Path,
  why: string,
): readonly Remark[] {
  const given = names.filter((name) => source[name] !== undefined)
  if (given.length === 1) return []
  const all = names.map((name) => `"${name}"`).join(', ')
  return [
    {
      severity: 'error',
      path,
      found: given.length === 0 ? `none of ${all}` : given.map((name) => `"${name}"`).join(' and '),
      expected: `exactly one of ${all}: a source ${why}`,
      fix: given.length === 0 ? 'add the one that fits' : 'remove the others',
    },
  ]
}

/** A token that travels in the clear belongs to whoever listens. */
function isPrivate(url: string | undefined, path: Path): readonly Remark[] {
  if (url === undefined || !url.startsWith('http:') || OWN.test(new URL(url).hostname)) return []
  return [
    {
      severity: 'error',
      path,
      found: 'an address without TLS, to which tokens would be sent',
      expected: '"https://…", or an address of this machine',
      fix: 'write it with https',
    },
  ]
}

function metricsOf({ metrics }: Detection, source: string): readonly Remark[] {
  return metrics.flatMap((metric, index): readonly Remark[] => {
    if (metric.source !== source) return []
    const path = ['detection', 'metrics', index]
    if (metric.kind === 'gauge') {
      return [
        {
          severity: 'error',
          path: [...path, 'kind'],
          found: `the gauge "${metric.name}", read from Azure Monitor`,
          expected: 'a metric of counted rows, or a gauge from Prometheus or OTLP',
          fix: 'count the rows in which it was too high, as an error rate',
        },
      ]
    }
    return partsOf(metric).flatMap(([part, query]) => {
      const operator = NO_ROWS.exec(query)?.[1]
      if (operator === undefined && !query.includes(';')) return []
      return [
        {
          severity: 'error' as const,
          path: [...path, 'query', part],
          found:
            operator === undefined ? 'several statements' : `a query that ends in "${operator}"`,
          expected: 'one expression that gives a row per request: goaround counts them itself',
          fix: 'leave out everything after the last "where"',
        },
      ]
    })
  })
}
