import { z } from 'zod'
import { parseDuration } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { variablesIn } from './checks/query-checks.ts'
import type { Path, StrategyProblem } from './problem.ts'
import { Name } from './quantities.ts'
import { readSource } from './read-source.ts'
import { problemAt, type Remark } from './remark.ts'
import type { Source } from './source.ts'

/** The only version whose fields are known here. */
const VERSION = 'openslo/v1'
/** What is kept where the file names no window: the month that most objectives are about. */
const WINDOW = '30d'
/** As many decimals of a percentage as a strategy takes. */
const DECIMALS = 5
/** Between two documents of one YAML file. */
const DOCUMENT_MARK = /^---[ \t]*$/

/** A metric of a strategy as it is written, made of one objective. */
export interface WrittenMetric {
  readonly name: string
  readonly source: string
  readonly kind: 'error-rate'
  readonly slo: { readonly objective: string; readonly window: string }
  readonly query: { readonly requests: string; readonly errors: string }
}

const Query = z.object({
  metricSource: z.object({
    type: z.literal('Prometheus', 'expected "Prometheus"').optional(),
    spec: z.object({ query: z.string('expected a PromQL query').min(1) }),
  }),
})
const Indicator = z.object({
  spec: z.object({
    ratioMetric: z.object(
      {
        counter: z.literal(true, 'expected "counter: true": rates cannot be counted from'),
        good: Query.optional(),
        bad: Query.optional(),
        total: Query,
      },
      'expected a "ratioMetric": a threshold on a value is no count of requests',
    ),
  }),
})
const Slo = z.object({
  metadata: z.object({ name: Name }),
  spec: z.object({
    indicator: z.unknown().optional(),
    indicatorRef: z.string().optional(),
    timeWindow: z.array(z.object({ duration: z.string() })).optional(),
    objectives: z
      .array(
        z.object({
          target: z.number().gt(0).lt(1).optional(),
          targetPercent: z.number().gt(0).lt(100).optional(),
        }),
      )
      .min(1, 'expected an objective'),
  }),
})
const Sli = z.object({ metadata: z.object({ name: z.string() }) })
const Kind = z.object({
  apiVersion: z.literal(VERSION, `expected "${VERSION}"`),
  kind: z.string('expected a kind'),
})

type Problems = readonly StrategyProblem[]

/**
 * Reads the objectives of an OpenSLO v1 file as metrics of a strategy, or says everything that
 * stands in the way, with its line. Objectives count good (or bad) requests against all by PromQL
 * counters that tell the two stacks apart; services and alert policies are passed over.
 */
export function readOpenSlo(
  text: string,
  file: string,
  source: string,
): Result<readonly WrittenMetric[], Problems> {
  const problems: StrategyProblem[] = []
  const slos: Source[] = []
  const indicators = new Map<string, Source>()
  for (const part of documentsIn(text)) {
    const read = readSource(part, file)
    if (!read.ok) {
      problems.push(...read.problem)
      continue
    }
    const kind = Kind.safeParse(read.value.value)
    if (!kind.success) problems.push(...told(read.value, kind.error, []))
    else if (kind.data.kind === 'SLO') slos.push(read.value)
    else if (kind.data.kind === 'SLI') {
      const sli = Sli.safeParse(read.value.value)
      if (sli.success) indicators.set(sli.data.metadata.name, read.value)
      else problems.push(...told(read.value, sli.error, []))
    }
  }
  const metrics = slos.flatMap((slo) => {
    const made = metricOf(slo, indicators, source)
    if (made.ok) return [made.value]
    problems.push(...made.problem)
    return []
  })
  if (problems.length > 0) return no(problems)
  return yes(metrics)
}

function metricOf(
  document: Source,
  indicators: ReadonlyMap<string, Source>,
  source: string,
): Result<WrittenMetric, Problems> {
  const slo = Slo.safeParse(document.value)
  if (!slo.success) return no(told(document, slo.error, []))
  const { spec, metadata } = slo.data
  const found = indicatorOf(document, spec, indicators)
  if (!found.ok) return found
  const { at, path, value } = found.value
  const indicator = Indicator.safeParse(value)
  if (!indicator.success) return no(told(at, indicator.error, path))
  const { good, bad, total } = indicator.data.spec.ratioMetric
  const ratio = [...path, 'spec', 'ratioMetric']
  if (good === undefined && bad === undefined) {
    return no([problem(at, ratio, 'neither "good" nor "bad"', 'one of them beside "total"')])
  }
  const queries = Object.entries({ good, bad, total }).flatMap(([name, one]) =>
    one === undefined ? [] : queryProblems(at, [...ratio, name], one.metricSource.spec.query),
  )
  const [objective] = spec.objectives
  const percent = objective?.targetPercent ?? (objective?.target ?? 0) * 100
  const window = spec.timeWindow?.[0]?.duration ?? WINDOW
  const others = [
    ...queries,
    ...(percent >= 50
      ? []
      : [
          problem(
            document,
            ['spec', 'objectives', 0],
            'no target of at least 50 %',
            '"target: 0.999"',
          ),
        ]),
    ...(parseDuration(window) === null
      ? [
          problem(
            document,
            ['spec', 'timeWindow', 0, 'duration'],
            `"${window}"`,
            'a duration such as "30d"',
          ),
        ]
      : []),
  ]
  if (others.length > 0) return no(others)
  const all = total.metricSource.spec.query
  const errors =
    bad?.metricSource.spec.query ?? `sum(${all}) - sum(${good?.metricSource.spec.query ?? all})`
  return yes({
    name: metadata.name,
    source,
    kind: 'error-rate',
    slo: { objective: `${Number(percent.toFixed(DECIMALS))}%`, window },
    query: { requests: all, errors },
  })
}

/** Where an objective's indicator is written: in it, or under a name in the same file. */
function indicatorOf(
  document: Source,
  { indicator, indicatorRef }: z.output<typeof Slo>['spec'],
  indicators: ReadonlyMap<string, Source>,
): Result<{ readonly at: Source; readonly path: Path; readonly value: unknown }, Problems> {
  if (indicator !== undefined) {
    return yes({ at: document, path: ['spec', 'indicator'], value: indicator })
  }
  const at = indicators.get(indicatorRef ?? '')
  if (at !== undefined) return yes({ at, path: [], value: at.value })
  const known = [...indicators.keys()].map((name) => `"${name}"`).join(', ')
  return no([
    indicatorRef === undefined
      ? problem(document, ['spec'], 'no indicator', '"indicator" or "indicatorRef"')
      : problem(
          document,
          ['spec', 'indicatorRef'],
          `"${indicatorRef}", which is not in this file`,
          known === '' ? 'an SLI in the same file' : `one of ${known}`,
        ),
  ])
}

function queryProblems(at: Source, path: Path, query: string): Problems {
  const place = [...path, 'metricSource', 'spec', 'query']
  const { strange, apart } = variablesIn(query)
  const rate = /\b(rate|irate|increase|delta)\s*\(/.exec(query)?.[1]
  return [
    ...strange.map((word) => problem(at, place, `"$${word}"`, '"$stack", "$release", "$workload"')),
    ...(apart
      ? []
      : [
          problem(
            at,
            place,
            'a query that measures both stacks at once',
            '"$stack" or "$release" in it',
          ),
        ]),
    ...(rate === undefined
      ? []
      : [problem(at, place, `a query that computes "${rate}"`, 'the counter itself')]),
  ]
}

function told(at: Source, error: z.ZodError, path: Path): Problems {
  return error.issues.map((issue) => {
    const place = [...path, ...issue.path.filter((part) => typeof part !== 'symbol')]
    return problem(at, place, 'something else', issue.message.replace(/^expected /, ''))
  })
}

function problem(at: Source, path: Path, found: string, expected: string): StrategyProblem {
  const fix = 'correct it, or write the metric into the strategy by hand'
  const remark: Remark = { severity: 'error', path, found, expected, fix }
  return problemAt(at, remark)
}

/** The documents of a file, each with as many empty lines before it as its place needs. */
function documentsIn(text: string): readonly string[] {
  const parts: { readonly from: number; readonly lines: string[] }[] = [{ from: 0, lines: [] }]
  for (const [number, line] of text.split('\n').entries()) {
    if (DOCUMENT_MARK.test(line)) parts.push({ from: number + 1, lines: [] })
    else parts.at(-1)?.lines.push(line)
  }
  return parts
    .filter(({ lines }) => lines.some((line) => !/^\s*(#.*)?$/.test(line)))
    .map(({ from, lines }) => '\n'.repeat(from) + lines.join('\n'))
}
