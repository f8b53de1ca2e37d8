import { expect, test } from 'vitest'
import { canonicalJson, digestOf } from './hash.ts'

test.each([
  { value: { b: 1, a: [{ d: null, c: 'x' }] }, text: '{"a":[{"c":"x","d":null}],"b":1}' },
  { value: { gone: undefined, here: true }, text: '{"here":true}' },
  { value: [3, 1, 2], text: '[3,1,2]' },
  { value: 'a "word"', text: '"a \\"word\\""' },
])('equal values are one text: $text', ({ value, text }) => {
  expect(canonicalJson(value)).toBe(text)
})

test('the digest is the SHA-256 of that text', () => {
  // printf '{"a":1}' | sha256sum
  expect(digestOf({ a: 1 })).toBe(
    '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
  )
})
