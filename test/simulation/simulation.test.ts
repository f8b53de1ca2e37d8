import { expect, test } from 'vitest'
import { runSeed } from './run-seed.ts'

/** A few hundred worlds at every run of the tests; `npm run simulate` lives through more. */
const SEEDS = 240
/** Seeds per test, so that a failure names a small range. */
const RANGE = 40

test.each(Array.from({ length: SEEDS / RANGE }, (_, range) => range * RANGE + 1))(
  'no law is broken in the worlds from seed %i on, whatever dies when',
  async (from) => {
    for (let seed = from; seed < from + RANGE; seed += 1) {
      const { violations } = await runSeed(seed)
      expect(
        violations,
        `again with: npm run simulate -- --seeds 1 --from ${seed} --story`,
      ).toEqual([])
    }
  },
  120_000,
)

test('the same seed lives the same life', async () => {
  const [first, second] = [await runSeed(11), await runSeed(11)]

  expect(second).toEqual(first)
})

test('the storm is real: processes die and effects fail in most worlds', async () => {
  const reports = await Promise.all([21, 22, 23, 24, 25, 26, 27, 28].map(runSeed))

  expect(reports.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(3)
})
