import type { Relived } from './relive.ts'
import { type Finding, sayAt } from './say-findings.ts'

/** What detection makes today of what it was told that day, as a sentence; null where nothing was judged. */
export function sayRelived(relived: readonly Relived[]): Finding | null {
  const [first] = relived
  if (first === undefined) return null
  const halted = relived.find(({ was }) => was === 'fail')
  const day =
    halted === undefined
      ? 'was not halted by detection'
      : `was halted at ${sayAt(halted.at)} in group ${halted.group}`
  const told = `That day the rollout ${day}`
  if (relived.some(({ is }) => is === null)) {
    return {
      weight: 'beside',
      sentence: `${told}; it cannot be lived through again look by look, because its state is of another version of goaround`,
    }
  }
  const other = relived.find(({ was, is }) => was !== is)
  if (other === undefined) {
    const changes =
      relived.length === 1 ? 'its one verdict is' : `its ${relived.length} verdicts are`
    return {
      weight: 'fine',
      sentence: `${told}; told the same again, detection judges the same: ${changes} as then`,
    }
  }
  return {
    weight: 'wanting',
    sentence: `${told}; told the same again, detection judges otherwise: at ${sayAt(other.at)} in group ${other.group} the verdict was ${other.was} and is ${other.is}`,
  }
}
