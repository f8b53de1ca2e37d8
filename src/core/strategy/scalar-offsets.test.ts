import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Document, isScalar, parseDocument, Scalar } from 'yaml'
import { scalarOffsets } from './scalar-offsets.ts'

const TYPES = [
  Scalar.PLAIN,
  Scalar.QUOTE_SINGLE,
  Scalar.QUOTE_DOUBLE,
  Scalar.BLOCK_FOLDED,
  Scalar.BLOCK_LITERAL,
] as const

/** Texts like conditions: words, signs, quotes, line breaks and indentation. */
const text = fc
  .array(
    fc.constantFrom(
      'exposure.share',
      '<',
      '0.5',
      '&&',
      "'a'",
      '"b"',
      '\\',
      '\n',
      '\n\n',
      '  ',
      '🙂',
      'é',
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((words) => words.join(' '))

test('every visible character of a value is found where it stands in the file', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(...TYPES), fc.constantFrom(20, 80), (value, type, width) => {
      const file = written(value, type, width)
      const scalar = parseDocument(file).get('when', true)
      if (!isScalar(scalar) || typeof scalar.value !== 'string') return false
      const offsets = scalarOffsets(file, scalar)
      return scalar.value.split('').every((unit, index) => {
        const at = offsets[index] ?? -1
        return /[\s\\"']/.test(unit) || file[at] === unit
      })
    }),
    { numRuns: 1_000 },
  )
})

test('offsets never go back, and there is one more than characters', () => {
  const file = 'when: "a \\u00e9 \\\n  b"\n'
  const scalar = parseDocument(file).get('when', true)
  const offsets = isScalar(scalar) ? scalarOffsets(file, scalar) : []
  expect(isScalar(scalar) && scalar.value).toBe('a é b')
  expect(offsets).toEqual([7, 8, 9, 15, 20, 21])
})

function written(value: string, type: (typeof TYPES)[number], lineWidth: number): string {
  const scalar = new Scalar(value)
  scalar.type = type
  return new Document({ when: scalar }).toString({ lineWidth })
}
