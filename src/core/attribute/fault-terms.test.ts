import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../kernel/instant.ts'
import { exposureOf, scalesOf } from './exposure.ts'
import { termsOf } from './fault-terms.ts'
import { ALTERNATIVES } from './kernels.ts'
import { EMPTY_LEDGER, record } from './ledger.ts'
import type { Nuisance } from './nuisance.ts'

/** Two clusters of four nodes; the rollout reached one of each hour by hour: a1 at 0 h, a2 at 10 h. */
const AT = 20 * HOUR
const nodes = ['a', 'b'].flatMap((cluster) =>
  [1, 2, 3, 4].map((k) => ({ node: `${cluster}${k}`, cluster })),
)
const placements = [
  { rollout: 'r', node: 'a1', cluster: 'a', at: AT },
  { rollout: 'r', node: 'a2', cluster: 'a', at: AT + 10 * HOUR },
]
const { ledger } = record(EMPTY_LEDGER, { nodes, placements, faults: [] })
const exposure = exposureOf(ledger, null)
const evenly = scalesOf(exposure, new Float64Array(8).fill(1))
const NOBODY: Nuisance = { isBlip: false, blamed: [] }

function weigh(node: string, at: number, isClusterNews: boolean, nuisance = NOBODY) {
  const number = exposure.numberOf.get(node) ?? -1
  const cluster = exposure.clusterOf[number] ?? -1
  const all = termsOf(
    { node: number, cluster, at, isClusterNews },
    { exposure, scales: evenly, nuisance },
  )
  return all?.[0]
}

/** The term of one alternative: kernel 0 ever, 1 lately, 2 long; ratio 4. */
function term(terms: readonly number[] | undefined, kernel: number): number | undefined {
  return terms?.[
    ALTERNATIVES.findIndex(({ ratio }, j) => ratio === 4 && Math.floor(j / 4) === kernel)
  ]
}

describe('the terms of one fault', () => {
  test('ask which node of its cluster: one of four has the release, so 4 times likelier is worth ln 4/(1+3·¼)', () => {
    const hit = weigh('a1', AT + 5 * HOUR, false)
    expect(term(hit?.terms, 0)).toBeCloseTo(Math.log(4) - Math.log(1 + 3 / 4), 12)
    expect(hit?.isHit).toBe(true)
  })

  test('speak against the rollout when a node that it spared fails', () => {
    const spared = weigh('a3', AT + 5 * HOUR, false)
    expect(term(spared?.terms, 0)).toBeCloseTo(-Math.log(1 + 3 / 4), 12)
    expect(spared?.isHit).toBe(false)
  })

  test('ask why that cluster only when the cluster was quiet', () => {
    const news = weigh('a1', AT + 5 * HOUR, true)
    // ln 4 − ln(1+3·⅛): the share of the fleet in place of the share of the cluster.
    expect(term(news?.terms, 0)).toBeCloseTo(Math.log(4) - Math.log(1 + 3 / 8), 12)
    const elsewhere = weigh('b1', AT + 5 * HOUR, true)
    expect(term(elsewhere?.terms, 0)).toBeCloseTo(-Math.log(1 + 3 / 8), 12)
  })

  test('count a node as reached lately for an hour and a half, and as long reached from four hours on', () => {
    const at = (hours: number) => weigh('a1', AT + hours * HOUR, false)?.terms
    const hit = Math.log(4) - Math.log(1 + 3 / 4)
    expect([term(at(1), 1), term(at(1), 2)].map((x) => x?.toFixed(9))).toStrictEqual([
      hit.toFixed(9),
      '0.000000000',
    ])
    expect(term(at(1.5), 1)).toBeCloseTo(0, 12)
    expect(term(at(4), 2)).toBeCloseTo(hit, 12)
  })

  test('say nothing of a rollout before it began', () => {
    expect(weigh('a1', AT - 1, true)).toBeUndefined()
  })

  test('are none where restarts bring the signature by themselves and the node was just restarted', () => {
    const blip = { isBlip: true, blamed: [] }
    expect(weigh('a2', AT + 10 * HOUR + 14 * MINUTE, false, blip)).toBeUndefined()
    expect(weigh('a2', AT + 10 * HOUR + 15 * MINUTE, false, blip)?.isHit).toBe(true)
  })

  test('leave just restarted nodes out of the odds as well: of three that are not young, one has the release', () => {
    const blip = { isBlip: true, blamed: [] }
    const other = weigh('a3', AT + 10 * HOUR + MINUTE, false, blip)
    expect(term(other?.terms, 0)).toBeCloseTo(-Math.log(1 + 3 / 3), 12)
  })

  test('count flaky nodes for more, so that a rollout which reached them first does not look bad for it', () => {
    const weights = new Float64Array(8).fill(1)
    weights[exposure.numberOf.get('a1') ?? 0] = 5
    const [flaky] =
      termsOf(
        { node: 0, cluster: 0, at: AT + 5 * HOUR, isClusterNews: false },
        { exposure, scales: scalesOf(exposure, weights), nuisance: NOBODY },
      ) ?? []
    expect(term(flaky?.terms, 0)).toBeCloseTo(Math.log(4) - Math.log(1 + (3 * 5) / 8), 12)
  })

  test('average to nothing when nobody is to blame: over the nodes of a cluster, each ratio is fair', () => {
    const at = AT + 12 * HOUR
    for (const [j] of ALTERNATIVES.entries()) {
      const fair = ['a1', 'a2', 'a3', 'a4'].map((node) =>
        Math.exp(weigh(node, at, false)?.terms[j] ?? 0),
      )
      expect(fair.reduce((sum, one) => sum + one, 0) / 4).toBeCloseTo(1, 12)
      const everywhere = nodes.map(({ node }) => Math.exp(weigh(node, at, true)?.terms[j] ?? 0))
      expect(everywhere.reduce((sum, one) => sum + one, 0) / 8).toBeCloseTo(1, 12)
    }
  })

  test('know whom the signature is blamed on already: what its nodes do is no news for or against others', () => {
    const both = record(ledger, {
      nodes: [],
      placements: [{ rollout: 's', node: 'a3', cluster: 'a', at: AT }],
      faults: [],
    }).ledger
    const two = exposureOf(both, exposure)
    const blamed = [{ rollout: 'r', kernel: ALTERNATIVES[0].kernel, ratio: 4 }]
    const s = termsOf(
      { node: 2, cluster: 0, at: AT + 5 * HOUR, isClusterNews: true },
      { exposure: two, scales: evenly, nuisance: { isBlip: false, blamed } },
    )?.find(({ place }) => two.rollouts[place]?.id === 's')
    // a1 weighs 4 with r to blame, so s has touched 1 of 7; the cluster itself is no surprise any more.
    expect(term(s?.terms, 0)).toBeCloseTo(Math.log(4) - Math.log(1 + 3 / 7), 12)
  })
})
