import { expect, test } from 'vitest'
import { failing } from '../../../test/support/shop-rollout.ts'
import { verdictOf } from './verdict-of.ts'

test('a logarithm that is infinite, and a ratio that is no number, still make a JSON document', () => {
  const [one] = failing.evidence
  if (one === undefined) throw new Error('the sample has evidence')
  const odd = { ...one, logE: Number.NEGATIVE_INFINITY, ratio: Number.NaN }
  const verdict = verdictOf({ ...failing, evidence: [odd] })
  expect(verdict.evidence[0]).toMatchObject({ logE: -1e9, ratio: null, logEToFire: 4.6 })
  expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
})
