import { describe, expect, test } from 'vitest'
import { sayProblem } from './problem.ts'
import { readSource, STRATEGY_BYTES_MAX } from './read-source.ts'

/** Reading a hostile file of the largest size must not keep the server from its rollouts for longer. */
const HOSTILE_MS_MAX = 3_000

describe('a file is refused', () => {
  test.each([
    [
      'with a field twice',
      'a:\n  b: 1\n  b: 2\n',
      /f\.yaml:3:3 a\.b: found the field "b" a second time/,
    ],
    [
      'with a field twice in JSON',
      '{"a": 1,\n "a": 2}',
      /f\.yaml:2:2 a: found the field "a" a second time/,
    ],
    ['that is indented with tabs', 'a:\n\tb: 1\n', /f\.yaml:2:\d .*indent with spaces/],
    ['with two documents', 'a: 1\n---\nb: 2\n', /one file holds one strategy/],
    ['with an open bracket', 'a: [1, 2', /found text that is not YAML/],
    ['with an unquoted ": "', 'a: b: c', /in quotes, or begin a new line/],
    ['with a tag', 'a: !!js/function "x"', /remove the tag/],
    ['with an anchor that does not exist', 'a: *b', /alias|anchor/i],
    ['with a name that is no text', '? [a, b]\n: 1\n', /whose name is not a text/],
    ['with an alias that contains itself', 'a: &a [*a]', /an alias that contains itself/],
    ['with aliases that explode', bomb(), /more than 20000 values/],
    [
      'that is too long',
      `a: "${'x'.repeat(STRATEGY_BYTES_MAX)}"`,
      /257 kB; expected at most 256 kB/,
    ],
    ['that is too long in bytes', `a: "${'é'.repeat(STRATEGY_BYTES_MAX / 2)}"`, /257 kB/],
  ])('%s', (_what, text, says) => {
    const read = readSource(text, 'f.yaml')
    expect(read.ok ? [] : read.problem.map(sayProblem)).toEqual([expect.stringMatching(says)])
  })

  test.each([
    ['deep brackets', '[ '.repeat(120_000)],
    ['brackets below the limit of signs', '['.repeat(15_000)],
    ['deep lists', '- '.repeat(12_000)],
    ['thousands of fields', Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['a field over and over', 'k: v\n'.repeat(9_000)],
    ['quotes', '"'.repeat(250_000)],
    ['anchors', '&a '.repeat(15_000)],
  ])('in little time, when it is hostile: %s', (_what, text) => {
    const began = performance.now()
    expect(readSource(text, 'f.yaml')).toMatchObject({ ok: false })
    expect(performance.now() - began).toBeLessThan(HOSTILE_MS_MAX)
  })
})

describe('a file is read', () => {
  test('with aliases written out', () => {
    const read = readSource('a: &x { b: 1 }\nc: *x\n', 'f.yaml')
    expect(read).toMatchObject({ ok: true, value: { value: { a: { b: 1 }, c: { b: 1 } } } })
  })

  test('without a field of its own reaching anything else', () => {
    const read = readSource('__proto__: { polluted: true }\nconstructor: 3\n', 'f.yaml')
    expect(read).toMatchObject({ ok: true })
    expect(Object.keys(read.ok && isObject(read.value.value) ? read.value.value : {})).toEqual([
      '__proto__',
      'constructor',
    ])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test('with yes, no, dates and times as the texts that they are', () => {
    const read = readSource('a: yes\nb: 2026-11-20\nc: 12:30\nd: off\n', 'f.yaml')
    expect(read).toMatchObject({
      value: { value: { a: 'yes', b: '2026-11-20', c: '12:30', d: 'off' } },
    })
  })
})

/** Nine levels of nine aliases each: 9⁹ values. */
function bomb(): string {
  const levels = Array.from({ length: 8 }, (_, i) => {
    const nine = Array.from({ length: 9 }, () => `*a${i}`).join(', ')
    return `a${i + 1}: &a${i + 1} [${nine}]`
  })
  return ['a0: &a0 [x, x, x, x, x, x, x, x, x]', ...levels].join('\n')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
