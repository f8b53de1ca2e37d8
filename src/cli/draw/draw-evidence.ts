import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import type { Verdict } from '../../core/words/verdict.ts'
import { bar } from './bar.ts'
import type { Ink } from './ink.ts'
import { sayCount } from './numbers.ts'
import { verdictMark } from './verdict-mark.ts'

const BAR_WIDTH = 20

/** The evidence that is being weighed now, or that the rollout stopped on. */
export function evidenceNow(view: RolloutView, live: LiveView | null): Verdict | null {
  if (view.failing !== null) return view.failing.verdict
  const current = view.groups.find(({ state }) => state === 'baking')
  return live?.verdict ?? current?.verdict ?? null
}

/** One line per metric: how far the evidence against the candidate has grown towards the limit. */
export function drawEvidence(verdict: Verdict, ink: Ink): readonly string[] {
  const nameWidth = Math.max(0, ...verdict.evidence.map(({ metric }) => metric.length))
  return verdict.evidence.map((one) => {
    const part = one.logEToFire > 0 ? one.logE / one.logEToFire : 0
    const picture = bar(part, BAR_WIDTH)
    const coloured = part >= 1 ? ink.red(picture) : part >= 0.5 ? ink.yellow(picture) : picture
    const { candidate, control } = one
    const counts = `${sayCount(candidate.events)} of ${sayCount(candidate.n)} against ${sayCount(control.events)} of ${sayCount(control.n)}`
    const ratio = one.ratio === null ? '' : `, ${one.ratio.toFixed(one.ratio < 10 ? 1 : 0)}×`
    return `  ${one.metric.padEnd(nameWidth)}  ${coloured}  ${sayEvidence(part)}  ${verdictMark(one.verdict, ink)}  ${ink.dim(counts + ratio)}`
  })
}

/** How much of the evidence that it takes to halt is there. */
function sayEvidence(part: number): string {
  return `${Math.round(Math.max(0, Math.min(1, part)) * 100)} %`.padStart(5)
}
