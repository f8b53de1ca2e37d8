import { accusedAt, type Vote } from './gandalf.ts'
import { precisionPct, recallPct, type Score, scoreOf, together } from './score.ts'
import type { World } from './world.ts'

/** The threshold with the best F1 over these worlds, among the scores that were given. */
export function tuned(
  played: readonly {
    readonly world: Pick<World, 'bad' | 'placements'>
    readonly votes: readonly Vote[]
  }[],
): number {
  const scores = played.flatMap(({ votes }) => votes.map(({ score }) => score))
  const candidates = scores
    .toSorted((a, b) => a - b)
    .filter((_, k) => k % Math.max(1, Math.floor(scores.length / STEPS)) === 0)
  let best = 0
  let bestF1 = -1
  for (const threshold of candidates) {
    const all = played.map(({ world, votes }) => scoreOf(world, accusedAt(votes, threshold)))
    const f1 = f1Of(together(all))
    if (f1 > bestF1) [best, bestF1] = [threshold, f1]
  }
  return best
}

/** Thresholds tried, spread over the scores that were given. */
const STEPS = 200

/** The harmonic mean of precision and recall, in percent. */
function f1Of(score: Score): number {
  const precision = precisionPct(score)
  const recall = recallPct(score)
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)
}
