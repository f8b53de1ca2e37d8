import type { Path } from '../problem.ts'
import { type Check, check } from './check.ts'
import { isConfigured } from './decision-checks.ts'

const CREDITS: Path = ['practice', 'credits']

/** A credit must be for something that this workload can do. */
export const PRACTICE_CHECKS: readonly Check[] = [
  check(['practice', 'mitigations'], ({ practice: { credits }, mitigations }) =>
    credits.flatMap(({ mitigation }, index) => {
      const path = [...CREDITS, index, 'mitigation']
      if (mitigation === 'hold') {
        return [
          {
            severity: 'error' as const,
            path,
            found: 'a rehearsal of "hold"',
            expected: 'a way out that changes something',
            fix: 'remove it: waiting for a person needs no credit',
          },
        ]
      }
      if (isConfigured(mitigation, mitigations)) return []
      return [
        {
          severity: 'error' as const,
          path,
          found: `a rehearsal of "${mitigation}", which is not configured`,
          expected: `a way out that is described under mitigations`,
          fix: `describe it under mitigations, or remove the credit`,
        },
      ]
    }),
  ),
]
