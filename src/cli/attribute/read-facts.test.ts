import { describe, expect, test } from 'vitest'
import { readFacts } from './read-facts.ts'

describe('a file of facts', () => {
  test('holds nodes, placements and faults, one per line, with instants in either form', () => {
    const lines = [
      '{"node":"n1","cluster":"a"}',
      '{"rollout":"r","node":"n1","cluster":"a","at":1000}',
      '',
      '{"signature":"crash","node":"n1","at":"1970-01-01T00:00:02Z"}',
    ]
    expect(readFacts(lines.join('\n'), 'facts.jsonl')).toStrictEqual({
      ok: true,
      value: {
        nodes: [{ node: 'n1', cluster: 'a' }],
        placements: [{ rollout: 'r', node: 'n1', cluster: 'a', at: 1_000 }],
        faults: [{ signature: 'crash', node: 'n1', at: 2_000 }],
      },
    })
  })

  test('is refused with the line that is wrong and what was expected, not guessed at', () => {
    const read = readFacts('{"node":"n1","cluster":"a"}\n{"signature":"crash"}\nnot json', 'f')
    expect(read.ok).toBe(false)
    const problem = read.ok ? '' : read.problem
    expect(problem).toMatch(/^f:2: expected .*\nf:3: expected .*$/)
    expect(readFacts('\n\n', 'f').ok).toBe(false)
  })
})
