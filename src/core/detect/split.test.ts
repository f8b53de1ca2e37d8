import { describe, expect, test } from 'vitest'
import { FakeTraffic, poisson, seeded } from '../../../test/support/fake-traffic.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { judge, verdictKind } from './judge.ts'
import { newSplitWatch, type SplitWatch, sayDoubt, watchSplit } from './split.ts'
import { observe, startWatch } from './watch.ts'

const START = 1_800_000_000_000

/** Looks every second at traffic of which `seen(second)` reaches the candidate. */
function watched(
  asked: { share: number; worth: number },
  seen: (second: number) => number,
  { seconds, rps = 100, seed = 1 }: { seconds: number; rps?: number; seed?: number },
): readonly SplitWatch[] {
  const random = seeded(seed)
  const total = { candidate: 0, control: 0 }
  let split = newSplitWatch(asked, START)
  const looks: SplitWatch[] = []
  for (let second = 1; second <= seconds; second += 1) {
    total.candidate += poisson(rps * seen(second), random)
    total.control += poisson(rps * (1 - seen(second)), random)
    split = watchSplit(split, { ...total }, START + second * SECOND)
    looks.push(split)
  }
  return looks
}

const drawn = (share: number) => ({ share, worth: 1 })

describe('the split of the requests', () => {
  test('that is not what was asked for is noticed within a minute or so, in words', () => {
    const looks = watched(drawn(0.05), () => 0.021, { seconds: 60 })
    const first = looks.findIndex(({ doubt }) => doubt !== null)
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(90)
    const last = looks.at(-1)
    expect(last === undefined ? null : sayDoubt(last)).toMatch(
      /^the split is not what was asked for: 2\.\d %? ?.*of \d,\d{3} requests reached the candidate instead of 5\.0 %, by chance less than once in/,
    )
  })

  test.each([
    ['5 %', 0.05, 0.05],
    ['a fifth less than 5 %', 0.05, 0.04],
    ['50 %', 0.5, 0.5],
    ['0.4 %, rounded to nothing by half', 0.004, 0.002],
    ['everything', 1, 1],
    ['everything, but for a few connections that stay', 1, 0.998],
  ])('is not doubted at %s', (_, asked, seen) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const looks = watched(drawn(asked), () => seen, { seconds: 300, seed })
      expect(looks.every(({ doubt }) => doubt === null)).toBe(true)
    }
  })

  test('is noticed where traffic is thin, too, for a block waits for its requests', () => {
    const looks = watched(drawn(0.1), () => 0, { seconds: 1_000, rps: 1 })
    expect(looks.at(-1)?.doubt).not.toBeNull()
  })

  test('of sticky users may wander for a while', () => {
    // A heavy user comes and goes: for a minute the candidate has a third more than it should.
    const seen = (second: number) => (second < 60 ? 0.07 : 0.05)
    const looks = watched({ share: 0.05, worth: 0.1 }, seen, { seconds: 240 })
    expect(looks.every(({ doubt }) => doubt === null)).toBe(true)
  })

  test('that was put right is believed again after a whole block', () => {
    const looks = watched(drawn(0.05), (second) => (second < 100 ? 0.01 : 0.05), { seconds: 400 })
    expect(looks.at(110)?.doubt).not.toBeNull()
    expect(looks.at(-1)?.doubt).toBeNull()
  })
})

describe('a group whose split is doubted', () => {
  function run(seen: number, errors: number) {
    const traffic = new FakeTraffic(1, START)
    const metric = { name: 'errors', source: 'router', kind: 'error-rate' as const }
    let state = startWatch({
      startedAt: START,
      group: { share: 500, bake: 2 * MINUTE, minExposure: 50 },
      groups: 1,
      detection: {
        falseAlarms: 0.01,
        staleAfter: 15 * SECOND,
        metrics: [{ ...metric, tolerance: 1, weight: 1, shadow: false }],
      },
      baseline: null,
      split: { share: 0.05, worth: 1 },
    })
    state = observe(state, traffic.poll('errors'), START)
    for (let second = 1; second <= 100; second += 1) {
      traffic.run(SECOND, {
        candidate: { rps: 200 * seen, errors },
        control: { rps: 200 * (1 - seen), errors: 0.001 },
      })
      state = observe(state, traffic.poll('errors'), traffic.at)
    }
    const verdict = judge(state, traffic.at)
    expect(verdictKind(state, traffic.at)).toBe(verdict.kind)
    return verdict
  }

  test('does not pass, and is not failed for it', () => {
    expect(run(0.05, 0.001).kind).toBe('pass')
    const doubted = run(0.02, 0.001)
    expect(doubted.kind).toBe('error')
    expect(doubted.because).toMatch(/^the split is not what was asked for/)
  })

  test('fails all the same when the candidate is broken', () => {
    expect(run(0.02, 1).kind).toBe('fail')
  })
})
