import { sayDuration } from '../../kernel/instant.ts'
import { BUCKETS, sayShare } from '../../words/exposure-share.ts'
import type { Path } from '../problem.ts'
import type { Branch, Strategy } from '../schema.ts'
import type { Caution } from './caution.ts'
import { isConfigured } from './decision-checks.ts'

const AT: Path = ['mitigations']

/** Ways out that are missing, or less than they seem. */
export function wayOutCautions(mitigations: Strategy['mitigations']): readonly Caution[] {
  const { fallback, bypasses, hotfix } = mitigations
  const cautions: Caution[] = []
  if (fallback === undefined) {
    cautions.push({
      path: AT,
      atName: true,
      found: 'no fallback',
      expected: 'the fastest way out: the old stack is still there',
      fix: 'add "fallback: {}"',
    })
  } else if (fallback.capacity < BUCKETS) {
    cautions.push({
      path: [...AT, 'fallback', 'capacity'],
      found: `a fallback to ${sayShare(fallback.capacity)} of the capacity`,
      expected: '100 %, or the old stack cannot carry all the traffic',
      fix: 'remove it, unless the rest is known to be enough',
    })
  }
  if (bypasses.length === 0) {
    cautions.push({
      path: AT,
      atName: true,
      found: 'no bypass',
      expected: 'a flag that switches the riskiest part off, which disturbs the fewest users',
      fix: 'describe one under mitigations.bypasses',
    })
  }
  bypasses.forEach(({ name, expiresAfter }, index) => {
    if (hotfix === undefined || expiresAfter >= hotfix.effort) return
    cautions.push({
      path: [...AT, 'bypasses', index, 'expiresAfter'],
      found: `the bypass "${name}" tolerated for ${sayDuration(expiresAfter)}, and a fix that takes ${sayDuration(hotfix.effort)}`,
      expected: 'users who bear it until the fix is there',
      fix: 'ask the stakeholders for longer, or plan another way out after it',
    })
  })
  return cautions
}

/** A tree that forgets a way out, or has no last word. */
export function treeCautions(
  tree: readonly Branch[],
  mitigations: Strategy['mitigations'],
  { infrastructure }: Strategy['workload'],
): readonly Caution[] {
  const cautions: Caution[] = []
  const last = tree.at(-1)
  if (last !== undefined && last.choose !== 'hold') {
    cautions.push({
      path: ['decision', 'tree', tree.length - 1, 'choose'],
      found: `"${last.choose}" as the last word`,
      expected: 'a "hold" at the end, for the night in which no way out is possible',
      fix: 'add "- { name: ask, choose: hold, because: … }"',
    })
  }
  for (const kind of ['fallback', 'rollback', 'hotfix'] as const) {
    if (!isConfigured(kind, mitigations) || tree.some(({ choose }) => choose === kind)) continue
    cautions.push({
      path: ['mitigations', kind],
      atName: true,
      found: `a ${kind} that no branch chooses`,
      expected: 'a branch of the decision tree that takes it',
      fix: 'add a branch, or remove it',
    })
  }
  mitigations.bypasses.forEach(({ name }, index) => {
    if (tree.some(({ bypass }) => bypass === name)) return
    cautions.push({
      path: ['mitigations', 'bypasses', index, 'name'],
      found: `the bypass "${name}", which no branch chooses`,
      expected: 'a branch of the decision tree that takes it',
      fix: 'add a branch, or remove it',
    })
  })
  const first = tree.find(({ when }) => when === undefined)
  if (infrastructure === 'immutable' && first?.choose === 'hotfix') {
    cautions.push({
      path: ['decision', 'tree', tree.indexOf(first), 'choose'],
      found: 'a hotfix as the usual way out of immutable infrastructure',
      expected: 'fallback or rollback, which are quicker where machines are replaced',
      fix: 'go back first, and fix in peace',
    })
  }
  return cautions
}
