import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { BUCKETS, sayShare } from '../../core/words/exposure-share.ts'
import { bar } from './bar.ts'
import type { Ink } from './ink.ts'
import { countOf } from './numbers.ts'

const BAR_WIDTH = 20

/** One line per stack: which release, which share of the traffic it was seen to get, and how it does. */
export function drawStacks(view: RolloutView, live: LiveView, ink: Ink): readonly string[] {
  const { candidate, lastKnownGood } = view.exposure
  const rows = Object.entries(live.stacks).map(([stack, counts]) => ({
    title: `${stack} ${stack === candidate ? view.release : (lastKnownGood ?? '')}`.trim(),
    isCandidate: stack === candidate,
    counts,
  }))
  const width = Math.max(0, ...rows.map(({ title }) => title.length))
  return rows.map(({ title, isCandidate, counts }) => {
    const { share, perSecond, requests, errors } = counts
    const picture = bar(share / BUCKETS, BAR_WIDTH)
    const failed = countOf(errors, 'error')
    return [
      `  ${title.padEnd(width)}`,
      isCandidate ? ink.cyan(picture) : ink.blue(picture),
      sayShare(share).padStart(7),
      `${Math.round(perSecond)}/s`.padStart(6),
      countOf(requests, 'request').padStart(15),
      errors > 0 ? ink.red(failed) : ink.dim(failed),
    ].join('  ')
  })
}
