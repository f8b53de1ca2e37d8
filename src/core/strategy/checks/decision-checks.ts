import { sayDuration } from '../../kernel/instant.ts'
import type { MitigationKind } from '../../words/mitigation-kind.ts'
import { compileCondition } from '../condition.ts'
import type { KnownValues } from '../condition-rails.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Branch, Strategy } from '../schema.ts'
import { type Check, check } from './check.ts'
import { repeatedNames, unknownName } from './names.ts'

const TREE: Path = ['decision', 'tree']
const BYPASSES: Path = ['mitigations', 'bypasses']

type Mitigations = Strategy['mitigations']

/** The tree: every branch can be understood, be carried out, and something is always said. */
export const DECISION_CHECKS: readonly Check[] = [
  check(['decision'], ({ decision: { tree } }) => [
    ...repeatedNames(tree, TREE, 'branch'),
    ...somethingAlways(tree),
    ...everyBranchReached(tree),
    ...tree.flatMap(rolesOnce),
  ]),
  check(['decision', 'mitigations'], ({ decision: { tree }, mitigations }) =>
    tree.flatMap((branch, index) => [
      ...wayOutIsThere(branch, index, mitigations),
      ...bypassIsNamed(branch, index, mitigations),
    ]),
  ),
  check(['mitigations'], ({ mitigations }) => [
    ...repeatedNames(mitigations.bypasses, BYPASSES, 'bypass'),
    ...fixFits(mitigations),
  ]),
  (sections) => {
    const known = knownValues(sections)
    const tree = sections.decision?.tree ?? []
    return tree.flatMap((branch, index) => conditionHolds(branch, index, known))
  },
]

/** Whether a way out is configured; waiting for a person always is. */
export function isConfigured(kind: MitigationKind, mitigations: Mitigations): boolean {
  switch (kind) {
    case 'fallback':
      return mitigations.fallback !== undefined
    case 'rollback':
      return mitigations.rollback !== undefined
    case 'hotfix':
      return mitigations.hotfix !== undefined
    case 'bypass':
      return mitigations.bypasses.length > 0
    case 'hold':
      return true
  }
}

function somethingAlways(tree: readonly Branch[]): readonly Remark[] {
  const last = tree.at(-1)
  if (last === undefined || last.when === undefined) return []
  return [
    {
      severity: 'error',
      path: [...TREE, tree.length - 1, 'when'],
      found: `a condition on the last branch "${last.name}"`,
      expected:
        'a last branch without "when": it must be said what happens if nothing else matches',
      fix: 'add a branch such as "- { name: ask, choose: hold, because: … }" at the end',
    },
  ]
}

/** `hold` is always possible, so nothing behind an unconditional one is ever looked at. */
function everyBranchReached(tree: readonly Branch[]): readonly Remark[] {
  const stop = tree.findIndex(({ when, choose }) => when === undefined && choose === 'hold')
  const after = stop === -1 ? undefined : tree[stop + 1]
  if (after === undefined) return []
  return [
    {
      severity: 'error',
      path: [...TREE, stop + 1, 'name'],
      found: `the branch "${after.name}" after "${tree[stop]?.name ?? ''}", which always holds`,
      expected: 'an unconditional "hold" only at the end',
      fix: 'move it above, or give the "hold" a condition',
    },
  ]
}

function rolesOnce(branch: Branch, index: number): readonly Remark[] {
  const list = branch.approvals.map(({ role }) => ({ name: role }))
  const at = [...TREE, index, 'approvals']
  return repeatedNames(list, at, 'approval of').map((remark, _place) => ({
    ...remark,
    path: [...remark.path.slice(0, -1), 'role'],
    expected: 'each role once, with a count',
    fix: 'write "count: 2" for two people of one role',
  }))
}

function wayOutIsThere(
  { choose, name }: Branch,
  index: number,
  mitigations: Mitigations,
): readonly Remark[] {
  if (isConfigured(choose, mitigations)) return []
  const [where, fix] =
    choose === 'bypass'
      ? ['mitigations.bypasses', 'describe the bypass under mitigations.bypasses']
      : [
          `mitigations.${choose}`,
          `add "${choose}: ${choose === 'hotfix' ? '{ effort: 1h }' : '{}'}" to mitigations`,
        ]
  return [
    {
      severity: 'error',
      path: [...TREE, index, 'choose'],
      found: `"${choose}" in the branch "${name}", which is not configured`,
      expected: `a way out that is described under ${where}`,
      fix,
    },
  ]
}

function bypassIsNamed(
  { choose, bypass, name }: Branch,
  index: number,
  { bypasses }: Mitigations,
): readonly Remark[] {
  const path = [...TREE, index, 'bypass']
  const known = bypasses.map((one) => one.name)
  if (choose === 'bypass') {
    if (bypass === undefined) {
      return [
        {
          severity: 'error',
          path,
          found: `no bypass named in the branch "${name}"`,
          expected:
            known.length === 0
              ? 'the name of a bypass'
              : `one of ${known.map((one) => `"${one}"`).join(', ')}`,
          fix: `add "bypass: ${known[0] ?? '…'}"`,
        },
      ]
    }
    if (known.includes(bypass)) return []
    return [unknownName(bypass, known, { path, what: 'bypass', where: 'mitigations.bypasses' })]
  }
  if (bypass === undefined) return []
  return [
    {
      severity: 'error',
      path,
      atName: true,
      found: `a bypass in a branch that chooses "${choose}"`,
      expected: 'a bypass only where "choose" is "bypass"',
      fix: 'remove it, or choose "bypass"',
    },
  ]
}

function fixFits({ hotfix }: Mitigations): readonly Remark[] {
  if (hotfix === undefined || hotfix.effort < hotfix.within) return []
  return [
    {
      severity: 'error',
      path: ['mitigations', 'hotfix', 'effort'],
      found: `a fix that takes ${sayDuration(hotfix.effort)}, and ${sayDuration(hotfix.within)} for it`,
      expected: 'more time than a fix usually takes',
      fix: `raise "within" above ${sayDuration(hotfix.effort)}`,
    },
  ]
}

function conditionHolds(branch: Branch, index: number, known: KnownValues): readonly Remark[] {
  if (branch.when === undefined) return []
  const compiled = compileCondition(branch.when, known)
  if (compiled.ok) return []
  const { message, fix, range } = compiled.problem
  const part = branch.when.slice(range.start, range.end)
  return [
    {
      severity: 'error',
      path: [...TREE, index, 'when'],
      range,
      found: part === '' ? 'the end of the condition' : JSON.stringify(part.slice(0, 80)),
      expected: `a condition over the facts of the failure, but ${message}`,
      fix,
    },
  ]
}

/** The facts whose values this strategy decides; a section that is not readable narrows nothing. */
function knownValues({ exposure, detection, workload }: Parameters<Check>[0]): KnownValues {
  return {
    ...(exposure === undefined
      ? {}
      : { 'exposure.group': exposure.groups.map(({ name }) => name) }),
    ...(detection === undefined
      ? {}
      : { 'failure.metrics': detection.metrics.map(({ name }) => name) }),
    ...(workload === undefined ? {} : { 'workload.name': [workload.name] }),
  }
}
