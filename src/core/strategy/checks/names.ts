import { nearest } from '../nearest.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'

/** Names that stand twice in one list; each later one is a remark. */
export function repeatedNames(
  list: readonly { readonly name: string }[],
  at: Path,
  what: string,
): readonly Remark[] {
  const seen = new Set<string>()
  return list.flatMap(({ name }, index) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [
      {
        severity: 'error' as const,
        path: [...at, index, 'name'],
        found: `a second ${what} "${name}"`,
        expected: `each ${what} to have its own name, because others refer to it`,
        fix: 'rename one of the two',
      },
    ]
  })
}

/** A name that refers to something that is not there. */
export function unknownName(
  name: string,
  known: readonly string[],
  { path, what, where }: { readonly path: Path; readonly what: string; readonly where: string },
): Remark {
  const meant = nearest(name, known)
  const all = known.map((one) => `"${one}"`).join(', ')
  return {
    severity: 'error',
    path,
    found: `the ${what} "${name}", which is not declared`,
    expected: known.length === 0 ? `a ${what} that is declared under ${where}` : `one of ${all}`,
    fix: meant === null ? `declare it under ${where}, or name another` : `did you mean "${meant}"?`,
  }
}

/** Keys of a record that must be exactly the two stacks. */
export function keysAreStacks(
  record: Readonly<Record<string, unknown>>,
  stacks: readonly string[],
  at: Path,
  what: string,
): readonly Remark[] {
  const strange = Object.keys(record).filter((key) => !stacks.includes(key))
  // A misspelt stack is one slip, not two.
  const lacking = stacks.filter((stack) => !Object.hasOwn(record, stack))
  const missing = strange.length > 0 || new Set(stacks).size < stacks.length ? [] : lacking
  return [
    ...strange.map((key) => ({
      ...unknownName(key, stacks, { path: [...at, key], what: 'stack', where: 'workload.stacks' }),
      atName: true,
    })),
    ...missing.map((stack) => ({
      severity: 'error' as const,
      path: at,
      atName: true,
      found: `no ${what} for the stack "${stack}"`,
      expected: `${what} for each of ${stacks.map((one) => `"${one}"`).join(' and ')}`,
      fix: `add "${stack}: …"`,
    })),
  ]
}
