import { describe, expect, test } from 'vitest'
import { type Behaviour, FakeTraffic, lognormal } from '../../../test/support/fake-traffic.ts'
import { MINUTE } from '../kernel/instant.ts'
import type { Metric } from '../strategy/schema.ts'
import type { Verdict } from '../words/verdict.ts'
import { judge } from './judge.ts'
import { observe, startWatch } from './watch.ts'

const START = 1_800_000_000_000
const TICK = 500
const ERRORS: Metric = {
  name: 'errors',
  source: 'router',
  kind: 'error-rate',
  tolerance: 1,
  weight: 1,
  shadow: false,
}
const LATENCY: Metric = { ...ERRORS, name: 'latency', kind: 'latency' }

interface World {
  readonly candidate: Behaviour
  readonly control: Behaviour
}

function run(metrics: readonly Metric[], world: (tick: number) => World, ticks: number, seed = 1) {
  const traffic = new FakeTraffic(seed, START)
  const names = metrics.map(({ name }) => name)
  let state = startWatch({
    startedAt: START,
    group: { share: 5000, bake: 2 * MINUTE, minExposure: 50 },
    groups: 1,
    detection: { falseAlarms: 0.01, staleAfter: 15_000, metrics: [...metrics] },
    baseline: null,
  })
  state = observe(state, traffic.poll(...names), START)
  let firedAfter: number | null = null
  for (let tick = 1; tick <= ticks; tick += 1) {
    traffic.run(TICK, world(tick))
    state = observe(state, traffic.poll(...names), traffic.at)
    if (state.fired !== null) firedAfter ??= tick
  }
  return { verdict: judge(state, traffic.at), firedAfter, state }
}

function errors(candidate: number, control: number): () => World {
  return () => ({
    candidate: { rps: 50, errors: candidate },
    control: { rps: 50, errors: control },
  })
}

function times(candidate: number, control: number): () => World {
  return () => ({
    candidate: { rps: 50, errors: 0, latencyMs: lognormal(candidate, 0.5) },
    control: { rps: 50, errors: 0, latencyMs: lognormal(control, 0.5) },
  })
}

const share = (amount: number) => ({ allow: { unit: 'share', amount } }) as const
const ms = (amount: number) => ({ allow: { unit: 'ms', amount } }) as const

describe('what is allowed as a difference', () => {
  test('in errors is no evidence, however long it is seen', () => {
    const strict = run([ERRORS], errors(0.06, 0.02), 240)
    const generous = run([{ ...ERRORS, ...share(0.05) }], errors(0.06, 0.02), 240)
    expect(strict.verdict.kind).toBe('fail')
    expect(generous.verdict.kind).toBe('pass')
  })

  test('does not hide what is beyond it', () => {
    const metric = { ...ERRORS, ...share(0.05) }
    expect(run([metric], errors(0.25, 0.02), 240).verdict.kind).toBe('fail')
    // Every request fails: as soon as without it, within a tick or two.
    expect(run([metric], errors(1, 0.001), 20).firedAfter).toBeLessThanOrEqual(2)
  })

  test('in latency forgives a millisecond that became two, and not a hundred that became 200', () => {
    const metric = { ...LATENCY, ...ms(5) }
    expect(run([LATENCY], times(2, 1), 240).verdict.kind).toBe('fail')
    expect(run([metric], times(2, 1), 240).verdict.because).not.toMatch(/suspicious/)
    expect(run([metric], times(2, 1), 240).verdict.kind).toBe('pass')
    expect(run([metric], times(200, 100), 240).verdict.kind).toBe('fail')
  })

  test('at its very border makes hardly any false alarm', () => {
    let failures = 0
    for (let seed = 1; seed <= 60; seed += 1) {
      const found = run([{ ...ERRORS, ...share(0.03) }], errors(0.05, 0.02), 240, seed)
      failures += found.verdict.kind === 'fail' ? 1 : 0
    }
    // 60 rollouts at 1 % are 0.6; four or more would be a chance of one in three hundred.
    expect(failures).toBeLessThanOrEqual(3)
  })
})

describe('a minor metric', () => {
  const minor = { ...ERRORS, name: 'minor', severity: 'minor' } as const
  const quiet = { ...LATENCY, name: 'latency' }

  test('that fails alone holds the group, says so, and never halts', () => {
    const { verdict } = run([minor, quiet], errors(0.3, 0.001), 240)
    expect(verdict.kind).toBe('inconclusive')
    expect(verdict.because).toMatch(/^minor: .*it holds the group and does not halt it/)
  })

  test('adds to the evidence of another that leans the same way', () => {
    const { verdict } = run([minor, ERRORS], errors(0.3, 0.001), 240)
    expect(verdict.kind).toBe('fail')
  })
})

describe('a critical metric', () => {
  test('is believed sooner beside others than one that is not', () => {
    const delay = (severity: 'critical' | 'major') => {
      let sum = 0
      for (let seed = 1; seed <= 8; seed += 1) {
        const many = [1, 2].map((n) => ({ ...LATENCY, name: `latency-${n}` }))
        const found = run([{ ...ERRORS, severity }, ...many], errors(0.06, 0.01), 60, seed)
        sum += found.firedAfter ?? 60
      }
      return sum
    }
    expect(delay('critical')).toBeLessThan(delay('major'))
  })
})

describe('a shadow metric', () => {
  const shadow = { ...ERRORS, name: 'shadow', shadow: true }
  const calming = (tick: number): World => errors(tick < 20 ? 1 : 0, 0.001)()
  const shadowOf = ({ evidence }: Verdict) => evidence.find(({ metric }) => metric === 'shadow')

  test('says when it would have halted, though it calmed down since, and lets the group pass', () => {
    const { verdict } = run([shadow, { ...LATENCY, severity: 'critical' }], calming, 240)
    expect(verdict.kind).toBe('pass')
    const found = shadowOf(verdict)
    expect(found?.verdict).toBe('fail')
    expect(found?.shadow?.wouldHaveHaltedAt).toBeLessThan(START + 20 * TICK)
    expect(found?.because).toMatch(/it would have halted the rollout at 2027-.*, and never acts/)
  })

  test('of a good release says nothing of the kind', () => {
    const { verdict } = run([shadow, LATENCY], errors(0.001, 0.001), 240)
    expect(shadowOf(verdict)?.shadow).toEqual({ wouldHaveHaltedAt: null })
  })
})
