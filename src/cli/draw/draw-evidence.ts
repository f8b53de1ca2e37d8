import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { sayEffect, saySeen } from '../../core/detect/say-effect.ts'
import { sayAmount } from '../../core/detect/say-numbers.ts'
import type { MetricEvidence, Verdict } from '../../core/words/verdict.ts'
import { bar } from './bar.ts'
import type { Ink } from './ink.ts'
import { fit, sayCount } from './numbers.ts'
import { verdictMark } from './verdict-mark.ts'

const BAR_WIDTH = 20
/** The blanks around the name of a metric. */
const INDENT = 4

/** The evidence that is being weighed now, or that the rollout stopped on. */
export function evidenceNow(view: RolloutView, live: LiveView | null): Verdict | null {
  if (view.failing !== null) return view.failing.verdict
  const current = view.groups.find(({ state }) => state === 'baking')
  return live?.verdict ?? current?.verdict ?? null
}

/** Per metric how far the evidence against the candidate has grown towards the limit, and how large the effect is. */
export function drawEvidence(
  verdict: Verdict,
  ink: Ink,
  columns = Number.POSITIVE_INFINITY,
): readonly string[] {
  const nameWidth = Math.max(0, ...verdict.evidence.map(({ metric }) => metric.length))
  return verdict.evidence.flatMap((one) => {
    const part = one.logEToFire > 0 ? one.logE / one.logEToFire : 0
    const picture = bar(part, BAR_WIDTH)
    const coloured = part >= 1 ? ink.red(picture) : part >= 0.5 ? ink.yellow(picture) : picture
    const ratio = one.ratio === null ? '' : `, ${one.ratio.toFixed(one.ratio < 10 ? 1 : 0)}×`
    const shadow = one.shadow === undefined ? '' : ink.dim(' (shadow)')
    const line = `  ${one.metric.padEnd(nameWidth)}  ${coloured}  ${sayEvidence(part)}  ${verdictMark(one.verdict, ink)}${shadow}  ${ink.dim(sayArms(one) + ratio)}`
    const size = sizeOf(one)
    const indent = ' '.repeat(nameWidth + INDENT)
    return size === null ? [line] : [line, ink.dim(fit(`${indent}${size}`, columns))]
  })
}

function sayArms({ candidate, control }: MetricEvidence): string {
  if (candidate.mean !== undefined && control.mean !== undefined) {
    return `${sayAmount(candidate.mean)} against ${sayAmount(control.mean)}, mean of ${sayCount(candidate.n)}`
  }
  return `${sayCount(candidate.events)} of ${sayCount(candidate.n)} against ${sayCount(control.events)} of ${sayCount(control.n)}`
}

/** The interval, and what would have been noticed; null in what was recorded before there were any. */
function sizeOf({ effect, detectable, candidate }: MetricEvidence): string | null {
  const measure = effect?.measure ?? (candidate.mean === undefined ? 'times-as-many' : 'more-by')
  const parts = [
    ...(effect == null ? [] : [sayEffect(effect)]),
    ...(detectable == null ? [] : [saySeen(measure, detectable)]),
  ]
  return parts.length === 0 ? null : parts.join('; ')
}

/** How much of the evidence that it takes to halt is there. */
function sayEvidence(part: number): string {
  return `${Math.round(Math.max(0, Math.min(1, part)) * 100)} %`.padStart(5)
}
