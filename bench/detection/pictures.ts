import type { Bars } from '../../src/picture/bars.ts'
import type { Chart, Series } from '../../src/picture/chart.ts'
import type { Tone } from '../../src/picture/tone.ts'
import { rateLowerBound } from './clopper-pearson.ts'
import { limitSeconds } from './limit.ts'
import type { Score } from './score.ts'
import { BAKE_MS } from './world.ts'
import { SECTIONS } from './worlds.ts'

const BAKE_SECONDS = BAKE_MS / 1000
/** The healthy rate of the first picture, whose worlds are named `.1→…`, in per cent. */
const HEALTHY_PERCENT = 0.1

interface Contestant {
  readonly name: string
  readonly tone: Tone
}

/** Who is drawn in the picture of errors; more lines would not be told apart. */
const AT_ERRORS: readonly Contestant[] = [
  { name: 'default', tone: 'one' },
  { name: 'Lindon–Malek', tone: 'two' },
  { name: 'Kayenta, ≥ 5 points', tone: 'three' },
  { name: 'Kayenta, 10 min, ×2', tone: 'four' },
  { name: 'Argo, 1 min, ≥ 99 %', tone: 'five' },
  { name: 'Flagger, ≥ 99 %', tone: 'six' },
  { name: 'oracle SPRT', tone: 'quiet' },
]
const AT_LATENCY: readonly Contestant[] = [
  { name: 'default, exact', tone: 'one' },
  { name: 'default', tone: 'two' },
  { name: 'Kayenta p50+p99', tone: 'three' },
  { name: 'DKW bands', tone: 'four' },
]
const IN_HEALTHY_WORLDS: readonly Contestant[] = [
  { name: 'default', tone: 'one' },
  { name: 'Lindon–Malek', tone: 'two' },
  { name: 'Kayenta, ≥ 5 points', tone: 'three' },
  { name: 'Argo, 1 min, ≥ 99 %', tone: 'five' },
  { name: 'z-test, peeking', tone: 'six' },
]

/** Mean delay against how many times as many errors there are, beside the limit. */
export function errorDelays(scores: readonly Score[]): Chart {
  const worlds = SECTIONS.errors.filter(({ name }) => name.startsWith('.1→'))
  const limit: Series = {
    name: 'the limit',
    tone: 'ink',
    shape: 'line',
    points: worlds.map((world) => ({ x: timesOf(world.name), y: limitSeconds(world) })),
  }
  const others = AT_ERRORS.map(
    ({ name, tone }): Series => ({
      name,
      tone,
      shape: 'line',
      points: worlds.flatMap((world) => {
        const y = find(scores, world.name, name)?.meanSeconds
        return y === undefined ? [] : [{ x: timesOf(world.name), y }]
      }),
    }),
  )
  return {
    title: 'How long a release goes on failing, by how much worse it is',
    description:
      'Mean delay in seconds of each detector for errors of 0.1 % becoming 0.2 to 50 %, on a canary of 10 requests per second, with the least delay that is possible.',
    x: { label: 'times as many errors (from 0.1 %)', scale: 'log', say: (times) => `${times}×` },
    y: { label: 'mean delay (s)', scale: 'log', from: 0.2, to: BAKE_SECONDS },
    series: [limit, ...others],
    references: [{ axis: 'y', at: BAKE_SECONDS, label: 'never, within the hour', tone: 'bad' }],
    height: 460,
  }
}

/** Mean delay for each kind of slowness, beside the limit. */
export function latencyDelays(scores: readonly Score[]): Bars {
  const limits: Contestant = { name: 'the limit', tone: 'ink' }
  return {
    title: 'How long a release goes on being slower',
    description:
      'Mean delay in seconds for each kind of slowness, on a canary of 10 requests per second, with the least delay that is possible.',
    value: { label: 'mean delay (s)', scale: 'log', from: 0.5, to: BAKE_SECONDS },
    series: [limits, ...AT_LATENCY],
    groups: SECTIONS.latency.map((world) => ({
      label: world.name,
      bars: [
        { value: Number(limitSeconds(world)?.toPrecision(3)) },
        ...AT_LATENCY.map((contestant) => delayBar(find(scores, world.name, contestant.name))),
      ],
    })),
  }
}

/** The default's false alarms in each healthy world, with exact 95 % bounds. */
export function defaultFalseAlarms(scores: readonly Score[]): Bars {
  return {
    title: 'Good rollouts that the default halts, per hundred',
    description:
      'False alarms of the default settings within 60 minutes, looked at every 5 seconds, per healthy world, with exact bounds (95 %, one-sided each).',
    value: { label: 'false alarms (%)', scale: 'linear', from: 0 },
    series: [{ name: 'default', tone: 'one' }],
    groups: SECTIONS.healthy.map(({ name }) => ({
      label: name,
      bars: [alarmBar(find(scores, name, 'default'))],
    })),
    references: [{ at: 1, label: 'the promise', tone: 'bad' }],
  }
}

/** The same beside the peers, on a scale on which those can be seen. */
export function allFalseAlarms(scores: readonly Score[]): Bars {
  return {
    title: 'Good rollouts that are halted, per hundred',
    description:
      'False alarms within 60 minutes of the default settings and of peers, per healthy world, with exact bounds.',
    value: { label: 'false alarms (%)', scale: 'linear', from: 0, to: 100 },
    series: IN_HEALTHY_WORLDS,
    groups: SECTIONS.healthy.map(({ name }) => ({
      label: name,
      bars: IN_HEALTHY_WORLDS.map((contestant) => alarmBar(find(scores, name, contestant.name))),
    })),
  }
}

/** How many times as many errors a world named `.1→…` has. */
function timesOf(world: string): number {
  return Number(world.slice('.1→'.length)) / HEALTHY_PERCENT
}

function find(scores: readonly Score[], world: string, detector: string): Score | undefined {
  return scores.find((score) => score.world === world && score.detector === detector)
}

function delayBar(score: Score | undefined): Bars['groups'][number]['bars'][number] {
  if (score?.meanSeconds === null || score === undefined) {
    return { value: null, note: 'not measured' }
  }
  return score.detectedPct === 0
    ? { value: null, note: 'never' }
    : { value: Number(score.meanSeconds.toPrecision(3)) }
}

function alarmBar(score: Score | undefined): Bars['groups'][number]['bars'][number] {
  if (score === undefined) return { value: null, note: 'not measured' }
  const { falseAlarms, rollouts, falseAlarmPct, falseAlarmUpperPct } = score
  return {
    value: Number(falseAlarmPct.toPrecision(2)),
    low: 100 * rateLowerBound(falseAlarms, rollouts),
    high: falseAlarmUpperPct,
  }
}
