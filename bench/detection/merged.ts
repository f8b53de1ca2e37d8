import { ORACLE_SPRT } from './peers/oracle-sprt.ts'
import { besideOracle, type Score } from './score.ts'

/**
 * The scores of several runs as one: of a detector that was measured in a world more than once, the
 * larger measurement counts.
 */
export function merged(runs: readonly (readonly Score[])[]): readonly Score[] {
  const best = new Map<string, Score>()
  for (const score of runs.flat()) {
    const key = `${score.world} · ${score.detector}`
    const known = best.get(key)
    if (known === undefined || known.rollouts < score.rollouts) best.set(key, score)
  }
  return besideOracle([...best.values()], ORACLE_SPRT.name)
}
