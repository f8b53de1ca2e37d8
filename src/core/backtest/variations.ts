import { parseDuration, sayDuration } from '../kernel/instant.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import type { Settings } from './replay.ts'

/** More combinations than this are not compared by anybody, and each costs a run of its own. */
const VARIATIONS_MAX = 60

/** Other settings to try, with how they differ: `tolerance 1.2, every 5s`. */
export interface Variation {
  readonly label: string
  readonly settings: Settings
}

type Change = (settings: Settings, value: number) => Settings

/** What can be varied, how its values are written, and what they may be. */
const KNOBS: Readonly<
  Record<
    string,
    {
      readonly unit: 'number' | 'duration'
      readonly from: number
      readonly to: number
      readonly perMetric: boolean
      readonly change: (metric: string | null) => Change
    }
  >
> = {
  tolerance: {
    unit: 'number',
    from: 1,
    to: 100,
    perMetric: true,
    change: (metric) => (settings, tolerance) => eachMetric(settings, metric, { tolerance }),
  },
  weight: {
    unit: 'number',
    from: 1e-6,
    to: 100,
    perMetric: true,
    change: (metric) => (settings, weight) => eachMetric(settings, metric, { weight }),
  },
  falseAlarms: {
    unit: 'number',
    from: 1e-9,
    to: 0.2,
    perMetric: false,
    change: () => (settings, falseAlarms) => ({
      ...settings,
      detection: { ...settings.detection, falseAlarms },
    }),
  },
  every: {
    unit: 'duration',
    from: 1,
    to: Number.POSITIVE_INFINITY,
    perMetric: false,
    change: () => (settings, every) => ({
      ...settings,
      detection: { ...settings.detection, every },
    }),
  },
  staleAfter: {
    unit: 'duration',
    from: 1,
    to: Number.POSITIVE_INFINITY,
    perMetric: false,
    change: () => (settings, staleAfter) => ({
      ...settings,
      detection: { ...settings.detection, staleAfter },
    }),
  },
  bake: {
    unit: 'duration',
    from: 1,
    to: Number.POSITIVE_INFINITY,
    perMetric: false,
    change: () => (settings, bake) => ({ ...settings, group: { ...settings.group, bake } }),
  },
  minExposure: {
    unit: 'number',
    from: 0,
    to: Number.POSITIVE_INFINITY,
    perMetric: false,
    change: () => (settings, minExposure) => ({
      ...settings,
      group: { ...settings.group, minExposure },
    }),
  },
}

/**
 * All combinations of what is to be tried, each written `tolerance=1,1.2`, `every=5s,30s`, or for
 * one metric `weight.errors=1,4`. The problem is a sentence that says what was expected.
 */
export function variationsOf(
  settings: Settings,
  tries: readonly string[],
): Result<readonly Variation[], string> {
  let variations: readonly Variation[] = [{ label: '', settings }]
  for (const text of tries) {
    const steps = readTry(text, settings)
    if (!steps.ok) return steps
    variations = variations.flatMap((variation) =>
      steps.value.map(({ label, apply }) => ({
        label: variation.label === '' ? label : `${variation.label}, ${label}`,
        settings: apply(variation.settings),
      })),
    )
    if (variations.length > VARIATIONS_MAX) {
      return no(`--try makes more than ${VARIATIONS_MAX} combinations: try fewer values at once`)
    }
  }
  return yes(tries.length === 0 ? [] : variations)
}

interface Step {
  readonly label: string
  readonly apply: (settings: Settings) => Settings
}

function readTry(text: string, settings: Settings): Result<readonly Step[], string> {
  const [, name = '', metric, values = ''] = /^(\w+)(?:\.([\w-]+))?=(.+)$/.exec(text) ?? []
  const knob = Object.hasOwn(KNOBS, name) ? KNOBS[name] : undefined
  if (knob === undefined) {
    return no(
      `--try ${text}: expected NAME=VALUE,VALUE with one of ${Object.keys(KNOBS).join(', ')}, such as tolerance=1,1.2`,
    )
  }
  const metrics = settings.detection.metrics.map((one) => one.name)
  if (metric !== undefined && (!knob.perMetric || !metrics.includes(metric))) {
    const what = knob.perMetric ? `a metric of the strategy (${metrics.join(', ')})` : 'no metric'
    return no(`--try ${text}: expected ${what} after '${name}.'`)
  }
  const change = knob.change(metric ?? null)
  const steps: Step[] = []
  for (const written of values.split(',')) {
    const value = knob.unit === 'duration' ? parseDuration(written) : numberIn(written)
    if (value === null || value < knob.from || value > knob.to) {
      return no(`--try ${text}: '${written}' is not ${sayExpected(knob)}`)
    }
    const said = knob.unit === 'duration' ? sayDuration(value) : String(value)
    const label = `${name}${metric === undefined ? '' : ` of ${metric}`} ${said}`
    steps.push({ label, apply: (before) => change(before, value) })
  }
  return yes(steps)
}

function numberIn(text: string): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

function sayExpected({ unit, from, to }: { unit: string; from: number; to: number }): string {
  if (unit === 'duration') return 'a duration such as 5s or 10m'
  return Number.isFinite(to) ? `a number from ${from} to ${to}` : `a number from ${from}`
}

function eachMetric(
  settings: Settings,
  name: string | null,
  change: Partial<Settings['detection']['metrics'][number]>,
): Settings {
  const metrics = settings.detection.metrics.map((metric) =>
    name === null || metric.name === name ? { ...metric, ...change } : metric,
  )
  return { ...settings, detection: { ...settings.detection, metrics } }
}
