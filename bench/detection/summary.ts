import { limitSeconds } from './limit.ts'
import { TICK_MS } from './play.ts'
import { geometricMean, type Score } from './score.ts'
import { BAKE_MS, type World } from './world.ts'
import { SECTIONS, type Section } from './worlds.ts'

/** The promise that is checked: what a strategy gets that says nothing. */
const DEFAULT = 'default'
/** A limit below half a look cannot be told from the look itself, one beyond half of the bake cannot be expected to be reached. */
const LIMIT_MIN_SECONDS = TICK_MS / 2000
const LIMIT_MAX_SECONDS = BAKE_MS / 2000
/** Rates that are an outright failure beside a tenth of a per cent. */
const HARD_WORLDS: readonly string[] = ['.1→5', '.1→50']

/** The figures by which the whole is judged. */
export interface Summary {
  readonly worstFalseAlarmPct: number
  readonly worstFalseAlarmUpperPct: number
  readonly delayOverLimitStrict: number
  readonly delayOverLimitDefault: number
  readonly lateOnsetOverLimit: number
  readonly latencyOverLimit: number
  readonly latencyOverLimitStrict: number
  readonly hardFailureTicks: number
}

/** The geometric means and worst cases over all scores. */
export function summaryOf(scores: readonly Score[]): Summary {
  const healthy = ofSection('healthy', DEFAULT)
  return {
    worstFalseAlarmPct: Math.max(...healthy.map(({ falseAlarmPct }) => falseAlarmPct)),
    worstFalseAlarmUpperPct: Math.max(
      ...healthy.map(({ falseAlarmUpperPct }) => falseAlarmUpperPct),
    ),
    delayOverLimitStrict: overLimit('errors', 'strict'),
    delayOverLimitDefault: overLimit('errors', DEFAULT),
    lateOnsetOverLimit: overLimit('late', DEFAULT),
    latencyOverLimit: overLimit('latency', DEFAULT),
    latencyOverLimitStrict: overLimit('latency', 'strict latency'),
    hardFailureTicks: Math.max(
      ...ofSection('errors', DEFAULT)
        .filter(({ world }) => HARD_WORLDS.includes(world))
        .map(({ meanSeconds }) => ((meanSeconds ?? Number.NaN) * 1000) / TICK_MS),
    ),
  }

  function overLimit(section: Section, detector: string): number {
    return geometricMean(
      ofSection(section, detector, isDetectable).map(({ overLimit: ratio }) => ratio ?? Number.NaN),
    )
  }

  function ofSection(
    section: Section,
    detector: string,
    which: (world: World) => boolean = () => true,
  ): readonly Score[] {
    const names = new Set(SECTIONS[section].filter(which).map(({ name }) => name))
    return scores.filter((score) => score.detector === detector && names.has(score.world))
  }
}

function isDetectable(world: World): boolean {
  const limit = limitSeconds(world) ?? Number.NaN
  return limit >= LIMIT_MIN_SECONDS && limit <= LIMIT_MAX_SECONDS
}
