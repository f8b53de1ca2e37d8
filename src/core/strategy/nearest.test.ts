import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each([
  ['critcality', ['criticality', 'configuration'], 'criticality'],
  ['min_exposure', ['minExposure', 'manual'], 'minExposure'],
  ['baek', ['bake', 'share'], 'bake'],
  ['hock', ['mail', 'hook'], 'hook'],
  ['xyzzy', ['bake', 'share'], null],
  ['', ['bake'], null],
  ['bake', [], null],
])('"%s" among %j is %s', (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant)
})
