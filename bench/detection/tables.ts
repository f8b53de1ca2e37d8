import { limitSeconds } from './limit.ts'
import type { Score } from './score.ts'
import { SECTIONS, type Section } from './worlds.ts'

/** A table for people: what it shows, and its rows by name. */
export interface Table {
  readonly says: string
  readonly rows: Readonly<Record<string, Readonly<Record<string, string | number>>>>
}

/** The scores as one reads them: a row per detector, a column per world. */
export function tablesOf(scores: readonly Score[]): readonly Table[] {
  return [
    { says: 'False alarms, per cent (upper 95 % bound)', rows: pivot('healthy', falseAlarms) },
    { says: 'False alarms in harder worlds', rows: pivot('harder', falseAlarms) },
    { says: 'Mean delay of errors, s (detected %)', rows: pivot('errors', delay) },
    { says: 'Mean delay of late errors, s', rows: pivot('late', delay) },
    { says: 'Mean delay of latency, s', rows: pivot('latency', delay) },
  ].filter(({ rows }) => Object.keys(rows).length > 0)

  function pivot(section: Section, cell: (score: Score) => string): Table['rows'] {
    const rows: Record<string, Record<string, string | number>> = {}
    const limits = SECTIONS[section].flatMap((world) => {
      const limit = limitSeconds(world)
      return limit === null ? [] : [[world.name, rounded(limit)] as const]
    })
    for (const { name } of SECTIONS[section]) {
      for (const score of scores.filter(({ world }) => world === name)) {
        rows[score.detector] = { ...rows[score.detector], [name]: cell(score) }
      }
    }
    const measured = Object.keys(rows).length > 0
    return measured && limits.length > 0 ? { limit: Object.fromEntries(limits), ...rows } : rows
  }
}

function falseAlarms({ falseAlarmPct, falseAlarmUpperPct }: Score): string {
  return `${rounded(falseAlarmPct)} (${rounded(falseAlarmUpperPct)})`
}

function delay({ meanSeconds, detectedPct }: Score): string {
  const mean = rounded(meanSeconds ?? Number.NaN)
  return detectedPct !== null && detectedPct < 99.5
    ? `${mean} (${rounded(detectedPct)})`
    : `${mean}`
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
