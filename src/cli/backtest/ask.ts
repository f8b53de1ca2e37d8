import type { Question } from '../../core/backtest/backtest.ts'
import type { Injection } from '../../core/backtest/inject.ts'
import { type Recording, spanOf } from '../../core/backtest/recording.ts'
import type { Settings } from '../../core/backtest/replay.ts'
import { sayAt } from '../../core/backtest/say-findings.ts'
import { splitArms } from '../../core/backtest/split-arms.ts'
import { variationsOf } from '../../core/backtest/variations.ts'
import type { Instant, Millis } from '../../core/kernel/instant.ts'
import { type Result, yes } from '../../core/kernel/result.ts'
import type { Group, Strategy } from '../../core/strategy/schema.ts'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import type { Failure } from '../outcome.ts'
import { readInjection, readLength, readMoment, readThreshold, wrong } from './read-options.ts'

/** A random split of a group that has everybody would leave no control. */
const SPLIT_SHARE_MAX = 0.5
const SEED = 1

/** What was typed after `goaround backtest`, as it was typed. */
export interface BacktestOptions {
  readonly group?: string
  readonly start?: string
  readonly badFrom?: string
  readonly inject?: readonly string[]
  readonly try?: readonly string[]
  readonly threshold?: string
  readonly startsEvery?: string
  readonly aa?: boolean
  readonly seed?: string
  readonly svg?: string
  readonly html?: string
}

/** A question, and what it is asked of, for the words around its answer. */
export interface Asked {
  readonly question: Question
  readonly group: Group
}

/** Makes the question of what was typed; the settings are those of the strategy for one of its groups. */
export function ask(
  strategy: Strategy,
  recorded: Recording,
  options: BacktestOptions,
): Result<Asked, Failure> {
  const last = recorded.opened?.at(-1)
  const group = groupOf(strategy, options.group ?? last?.group)
  if (!group.ok) return group
  const recording = options.aa === true ? split(recorded, group.value, seedOf(options)) : recorded
  const span = spanOf(recording)
  if (span === null) return wrong(`${recording.name} has no readings of what this strategy watches`)
  const settings = settingsFor(strategy, group.value, recording)
  if (!settings.ok) return settings
  const variations = variationsOf(settings.value.settings, options.try ?? [])
  if (!variations.ok) return wrong(variations.problem)
  const threshold = readThreshold(options.threshold)
  if (!threshold.ok) return threshold
  const injections = injectionsOf(options, settings.value.settings)
  if (!injections.ok) return injections
  const startsEvery = lengthOf('--starts-every', options.startsEvery)
  if (!startsEvery.ok) return startsEvery
  const opened = recorded.opened?.find((one) => one.group === group.value.name)?.at ?? null
  const moments = momentsOf(options, span, { bake: group.value.bake, opened })
  if (!moments.ok) return moments
  const remarks = [...recording.remarks, ...settings.value.remarks]
  const question = {
    recording: { ...recording, remarks },
    span,
    settings: settings.value.settings,
    variations: variations.value,
    threshold: threshold.value,
    injections: injections.value,
    startsEvery: startsEvery.value,
    seed: seedOf(options),
    ...moments.value,
  }
  return yes({ question, group: group.value })
}

function groupOf({ exposure }: Strategy, name: string | undefined): Result<Group, Failure> {
  const found = exposure.groups.find((group) =>
    name === undefined ? group.share > 0 : group.name === name,
  )
  if (found !== undefined) return yes(found)
  const names = exposure.groups.map((group) => group.name).join(', ')
  return wrong(`--group ${name ?? ''}: the strategy has no such group: expected one of ${names}`)
}

function split(recording: Recording, { share }: Group, seed: number): Recording {
  return splitArms(recording, { share: Math.min(SPLIT_SHARE_MAX, share / BUCKETS), seed })
}

/** The strategy's settings for what was recorded: a metric that was not cannot be judged, and would only say so. */
function settingsFor(
  { detection, exposure }: Strategy,
  { share, bake, minExposure }: Group,
  { seen, name, remarks: known }: Recording,
): Result<{ readonly settings: Settings; readonly remarks: readonly string[] }, Failure> {
  const recorded = new Set(seen.map(({ reading }) => reading.metric))
  const metrics = detection.metrics.filter((metric) => recorded.has(metric.name))
  if (metrics.length === 0)
    return wrong(
      `${name} has none of the metrics of this strategy: ${detection.metrics.map((metric) => metric.name).join(', ')}`,
    )
  // A reader that says why a metric is missing has said that it is.
  const missing = detection.metrics.filter(
    (metric) =>
      !recorded.has(metric.name) &&
      !known.some((remark) => remark.startsWith(`metric ${metric.name}`)),
  )
  const remarks = missing.map(
    (metric) =>
      `metric ${metric.name} (${metric.source}) is not in the recording: it is left out, and the others share its weight`,
  )
  const groups = exposure.groups.filter((group) => group.share > 0).length
  return yes({
    settings: { detection: { ...detection, metrics }, group: { share, bake, minExposure }, groups },
    remarks,
  })
}

function injectionsOf(
  options: BacktestOptions,
  { detection }: Settings,
): Result<readonly Injection[], Failure> {
  const injections: Injection[] = []
  for (const text of options.inject ?? []) {
    const injection = readInjection(text, detection.metrics)
    if (!injection.ok) return injection
    injections.push(injection.value)
  }
  if (injections.length > 0 && options.badFrom !== undefined) {
    return wrong(
      '--inject and --bad-from: a fault is put into a healthy recording; leave one of the two out',
    )
  }
  return yes(injections)
}

function lengthOf(flag: string, text: string | undefined): Result<Millis | null, Failure> {
  if (text === undefined) return yes(null)
  const length = readLength(flag, text)
  return length.ok && length.value === 0
    ? wrong(`${flag} ${text}: expected more than nothing`)
    : length
}

/** When the rollout starts: as typed; or as it did; or half a bake before the incident; or with the recording. */
function momentsOf(
  options: BacktestOptions,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  { bake, opened }: { readonly bake: Millis; readonly opened: Instant | null },
): Result<{ readonly start: Instant; readonly badFrom: Instant | null }, Failure> {
  const badFrom =
    options.badFrom === undefined ? yes(null) : readMoment('--bad-from', options.badFrom)
  if (!badFrom.ok) return badFrom
  const typed = options.start === undefined ? yes(null) : readMoment('--start', options.start)
  if (!typed.ok) return typed
  const late =
    badFrom.value !== null && badFrom.value > from + bake ? badFrom.value - bake / 2 : from
  const start = typed.value ?? (opened === null ? late : Math.max(from, opened))
  for (const [flag, moment] of [
    ['--start', start],
    ['--bad-from', badFrom.value ?? start],
  ] as const) {
    if (moment < from || moment > to) {
      return wrong(
        `${flag}: ${sayAt(moment)} is not in the recording, which goes from ${sayAt(from)} to ${sayAt(to)}`,
      )
    }
  }
  return yes({ start, badFrom: badFrom.value })
}

function seedOf({ seed }: BacktestOptions): number {
  return seed === undefined ? SEED : Number(seed)
}
