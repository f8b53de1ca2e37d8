import {
  badFromOf,
  closelyWatched,
  type Findings,
  type Question,
} from '../../core/backtest/backtest.ts'
import { type Stream, streamsOf } from '../../core/backtest/recording.ts'
import { newsOf } from '../../core/backtest/reshape.ts'
import { countedMetrics, earliest } from '../../core/backtest/trials.ts'
import { type Instant, type Millis, SECOND, sayDuration } from '../../core/kernel/instant.ts'
import type { VerdictKind } from '../../core/words/verdict.ts'
import type { Chart, Point, Span } from '../../picture/chart.ts'
import { SERIES_TONES, type Tone } from '../../picture/tone.ts'

/** A rate needs some requests to be one: about this many stretches over the picture. */
const STRETCHES = 90
/** Evidence for the candidate is shown down to this part of what halts; below it there is nothing to see. */
const FLOOR = -1

const VERDICTS: Readonly<Record<VerdictKind, { readonly tone: Tone; readonly says: string }>> = {
  pass: { tone: 'good', says: 'pass' },
  fail: { tone: 'bad', says: 'fail' },
  inconclusive: { tone: 'unsure', says: 'inconclusive' },
  error: { tone: 'unknown', says: 'error' },
  'no-data': { tone: 'quiet', says: 'no data' },
}

/** How the evidence against the candidate grew, what the verdict was when, and what happened. */
export function evidenceChart(question: Question, findings: Findings): Chart {
  const { main } = findings.asIs
  const { metrics } = question.settings.detection
  const together = metrics.filter(({ shadow }) => !shadow).length > 1
  return {
    title: `Evidence against the candidate, ${question.recording.name}`,
    description: describe(question, findings),
    x: { label: 'time (UTC)', scale: 'time', from: main.start, to: main.end },
    y: { label: 'evidence, ln(weight × E)', scale: 'linear', ...floorOf(findings) },
    series: [
      ...metrics.map(({ name, shadow }, place) => ({
        name: shadow ? `${name} (shadow)` : name,
        tone: SERIES_TONES[place % SERIES_TONES.length] ?? 'one',
        shape: 'step' as const,
        points: main.track.map(({ at, each }): Point => ({ x: at, y: finite(each[place]) })),
      })),
      ...(together
        ? [
            {
              name: 'together',
              tone: 'ink' as const,
              shape: 'step' as const,
              points: main.track.map((one): Point => ({ x: one.at, y: finite(one.together) })),
            },
          ]
        : []),
    ],
    references: [
      { axis: 'y', at: main.logFire, label: `halts here: ${main.logFire.toFixed(1)}`, tone: 'bad' },
    ],
    shades: badShade(question, main.end),
    markers: markersOf(question, findings),
    lanes: [{ name: 'verdict', spans: verdictSpans(findings) }],
  }
}

/** The failures of both arms over time, in each metric that counts them. */
export function rateCharts(question: Question, findings: Findings): readonly Chart[] {
  const { start, end } = findings.asIs.main
  const stretch = Math.max(SECOND, Math.ceil((end - start) / STRETCHES / SECOND) * SECOND)
  const streams = streamsOf(closelyWatched(question))
  return countedMetrics(question.settings).map((metric) => {
    const own = streams.filter((stream) => stream.metric === metric)
    return {
      title: `Failed requests, ${metric}`,
      description: `The share of requests that failed in the candidate and in the control, per ${sayDuration(stretch)}.`,
      x: { label: 'time (UTC)', scale: 'time', from: start, to: end },
      y: { label: `failed (%) per ${sayDuration(stretch)}`, scale: 'linear', from: 0 },
      series: (['candidate', 'control'] as const).map((arm, place) => ({
        name: arm,
        tone: SERIES_TONES[place] ?? 'one',
        shape: 'line' as const,
        points: own
          .filter((stream) => stream.arm === arm)
          .flatMap((stream) => ratesOf(stream, { start, end, stretch })),
      })),
      references: [
        {
          axis: 'y',
          at: (1 - question.threshold.successMin) * 100,
          label: 'the static threshold',
          tone: 'quiet',
        },
      ],
      shades: badShade(question, end),
      height: 260,
    }
  })
}

function floorOf({ asIs: { main } }: Findings): { readonly from?: number } {
  const least = main.track.reduce(
    (low, { each }) => Math.min(low, ...each.filter(Number.isFinite)),
    0,
  )
  return least < FLOOR * main.logFire ? { from: FLOOR * main.logFire } : {}
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

function describe(question: Question, { asIs: { main } }: Findings): string {
  const halted =
    main.firedAt === null
      ? 'It never reaches what halts.'
      : `It reaches what halts ${sayDuration(main.firedAt - main.start)} after the start.`
  const bad = badFromOf(question)
  const known =
    bad === null
      ? ''
      : ` The candidate is bad from ${sayDuration(Math.max(0, bad - main.start))} after the start.`
  return `How much evidence there was against the candidate over time. ${halted}${known}`
}

function badShade(question: Question, end: Instant): readonly Span[] {
  const from = badFromOf(question)
  return from === null || from >= end
    ? []
    : [{ from, to: end, label: 'the candidate is bad', tone: 'bad' }]
}

function markersOf(
  question: Question,
  { asIs: { main }, threshold }: Findings,
): NonNullable<Chart['markers']> {
  const at = earliest(threshold.map(({ firedAt }) => firedAt))
  const from = badFromOf(question) ?? main.start
  const after = (moment: Instant) => (moment < from ? '' : ` after ${sayDuration(moment - from)}`)
  return [
    ...(main.firedAt === null
      ? []
      : [
          { at: main.firedAt, label: `goaround halts${after(main.firedAt)}`, tone: 'one' as const },
        ]),
    ...(at === null
      ? []
      : [{ at, label: `the static threshold halts${after(at)}`, tone: 'quiet' as const }]),
  ]
}

function verdictSpans({ asIs: { main } }: Findings): readonly Span[] {
  return main.changes.map(({ at, kind }, place) => {
    const { tone, says } = VERDICTS[kind]
    return { from: at, to: main.changes[place + 1]?.at ?? main.end, label: says, tone }
  })
}

function ratesOf(
  stream: Stream,
  {
    start,
    end,
    stretch,
  }: { readonly start: Instant; readonly end: Instant; readonly stretch: Millis },
): readonly Point[] {
  const sums = new Map<number, { requests: number; errors: number }>()
  for (const { at, fresh } of newsOf(stream)) {
    if (at <= start || at > end) continue
    const place = Math.ceil((at - start) / stretch)
    const sum = sums.get(place) ?? { requests: 0, errors: 0 }
    sum.requests += fresh.requests
    sum.errors += fresh.errors
    sums.set(place, sum)
  }
  const last = Math.ceil((end - start) / stretch)
  return Array.from({ length: last }, (_, i): Point => {
    const sum = sums.get(i + 1)
    const x = Math.min(end, start + (i + 1) * stretch)
    return {
      x,
      y: sum === undefined || sum.requests === 0 ? null : (100 * sum.errors) / sum.requests,
    }
  })
}
