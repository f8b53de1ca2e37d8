import { array, assert, constantFrom, integer, nat, pre, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../kernel/instant.ts'
import { type Attribution, NOTHING_KNOWN, openAttribution, take } from './attribution.ts'
import { documentOf, readDocument } from './document.ts'
import type { Fault, Placement } from './fault.ts'
import { type Findings, findingsOf } from './findings.ts'
import type { Report } from './ledger.ts'

const T = 1_000 * 24 * HOUR
const CLUSTERS = ['a', 'b', 'c', 'd', 'e']
const PER_CLUSTER = 20
const nodes = CLUSTERS.flatMap((cluster) =>
  Array.from({ length: PER_CLUSTER }, (_, k) => ({ node: `${cluster}${k}`, cluster })),
)

function placed(rollout: string, cluster: string, numbers: readonly number[], at = T): Placement[] {
  return numbers.map((k) => ({ rollout, node: `${cluster}${k}`, cluster, at }))
}

function failed(signature: string, names: readonly string[], at: number, apart = MINUTE): Fault[] {
  return names.map((node, k) => ({ signature, node, at: at + k * apart }))
}

function report(parts: Partial<Report>): Report {
  return { nodes: [], placements: [], faults: [], ...parts }
}

function after(...reports: readonly Report[]): Attribution {
  const blank = take(openAttribution(NOTHING_KNOWN), report({ nodes }), T - HOUR)
  return reports.reduce((known, one) => take(known, one, T + 10 * HOUR), blank)
}

function findings(...reports: readonly Report[]): Findings {
  return findingsOf(after(...reports), T + 10 * HOUR)
}

function standings(found: Findings) {
  return Object.fromEntries(found.rollouts.map(({ rollout, standing }) => [rollout, standing]))
}

const six = [0, 1, 2, 3, 4, 5]
/** Six of a hundred nodes, in three clusters, and nothing else fails. */
const spread = [...placed('bad', 'a', six), ...placed('bad', 'b', six), ...placed('bad', 'c', six)]
const onItsNodes = [
  ...failed('crash', ['a0', 'a1', 'a2'], T + HOUR),
  ...failed('crash', ['b0', 'b1', 'b2'], T + HOUR),
  ...failed('crash', ['c0', 'c1', 'c2'], T + HOUR),
]
const bystander = placed('fine', 'd', [0, 1, 2, 3, 4, 5, 6, 7])

describe('attribution', () => {
  test('blames the rollout whose nodes fail, and says why and why not the other', () => {
    const found = findings(report({ placements: [...spread, ...bystander], faults: onItsNodes }))
    expect(standings(found)).toStrictEqual({ bad: 'blamed', fine: 'unknown' })
    expect(found.because).toBe('bad is to blame, of 2 rollouts.')
    const [bad] = found.rollouts
    expect(bad?.because).toMatch(
      /^crash came on 9 of its nodes, about \d+ times likelier there from the start: by chance 1 in [\d,]+, and it explains them [\d,]+ times better than the next likeliest, fine$/,
    )
    expect(bad?.signatures[0]?.terms.every(({ isHit, term }) => isHit && term > 0)).toBe(true)
  })

  test('blames nobody for an incident of a whole cluster, whoever is in it', () => {
    const everywhere = failed(
      'switch-down',
      Array.from({ length: PER_CLUSTER }, (_, k) => `a${k}`),
      T + HOUR,
    )
    const found = findings(report({ placements: placed('bad', 'a', six), faults: everywhere }))
    expect(standings(found)).toStrictEqual({ bad: 'unknown' })
    expect(found.because).toBe('None of 1 rollouts is to blame for what went wrong.')
  })

  test('blames nobody for two nodes, however often they fail', () => {
    const often = Array.from({ length: 60 }, (_, k) =>
      failed('crash', ['a0', 'b0'], T + HOUR + k * 30 * MINUTE),
    ).flat()
    const found = findings(report({ placements: spread, faults: often }))
    expect(standings(found)).toStrictEqual({ bad: 'unknown' })
  })

  test('suspects two that reached the same nodes at the same time, and blames neither', () => {
    const twin = spread.map((one) => ({ ...one, rollout: 'twin' }))
    const found = findings(report({ placements: [...spread, ...twin], faults: onItsNodes }))
    expect(standings(found)).toStrictEqual({ bad: 'suspected', twin: 'suspected' })
    expect(found.because).toContain('the faults cannot tell them apart yet')
    expect(found.rollouts[0]?.because).toContain('no better than twin, and 20 times')
  })

  test('does not blame a rollout for what its nodes did before it came', () => {
    const before = onItsNodes.map((fault) => ({ ...fault, at: fault.at - 2 * HOUR }))
    const found = findings(report({ placements: spread, faults: before }))
    expect(standings(found)).toStrictEqual({ bad: 'unknown' })
  })

  test('clears a rollout whose nodes are spared while others fail', () => {
    const others = nodes.filter(({ node }) => !spread.some((one) => one.node === node))
    const wide = [...spread, ...placed('bad', 'd', six), ...placed('bad', 'e', six)]
    const faults = ['x', 'y', 'z'].flatMap((signature) =>
      failed(
        signature,
        others.map(({ node }) => node),
        T + HOUR,
      ),
    )
    const found = findings(report({ placements: wide, faults }))
    expect(standings(found)).toStrictEqual({ bad: 'cleared' })
  })

  test('goes on to find a second culprit of the same trouble after the first', () => {
    const second = ['d', 'e'].flatMap((cluster) => placed('second', cluster, six, T + 3 * HOUR))
    const more = ['d', 'e'].flatMap((cluster) =>
      failed(
        'crash',
        six.map((k) => `${cluster}${k}`),
        T + 4 * HOUR,
      ),
    )
    const known = after(
      report({ placements: [...spread, ...second], faults: onItsNodes }),
      report({ faults: more }),
      report({ faults: failed('crash', ['d6'], T + 9 * HOUR) }),
    )
    expect(known.blames.map(({ rollout }) => rollout)).toStrictEqual(['bad', 'second'])
  })

  test('blames once: the same reports again change nothing', () => {
    const once = report({ placements: spread, faults: onItsNodes })
    const known = after(once)
    expect(known.blames).toHaveLength(1)
    const again = take(known, once, T + 10 * HOUR)
    expect(again.blames).toBe(known.blames)
    expect(findingsOf(again, T)).toStrictEqual(findingsOf(known, T))
  })

  test('is as it was after a restart', () => {
    const known = after(report({ placements: [...spread, ...bystander], faults: onItsNodes }))
    const document = JSON.parse(JSON.stringify(documentOf(known)))
    const kept = readDocument(document)
    expect(kept).not.toBeNull()
    const reopened = openAttribution(kept ?? NOTHING_KNOWN)
    expect(findingsOf(reopened, T)).toStrictEqual(findingsOf(known, T))
    expect(readDocument({ ...document, version: 2 })).toBeNull()
  })

  test('leaves out faults of nodes that nobody told of, and counts them', () => {
    const found = findings(report({ faults: failed('crash', ['nowhere'], T) }))
    expect(found.leftOut.faults).toBe(1)
    expect(found.faults).toBe(0)
  })
})

const anyPlacement = record({
  rollout: constantFrom('r', 's', 't'),
  node: constantFrom(...nodes.map(({ node }) => node)),
  at: integer({ min: T, max: T + 9 * HOUR }),
})
const anyFault = record({
  signature: constantFrom('crash', 'slow'),
  node: constantFrom(...nodes.slice(0, 50).map(({ node }) => node)),
  at: integer({ min: T - 60 * HOUR, max: T + 9 * HOUR }),
})

describe('the order of reports', () => {
  test('and their repetition change nothing: evidence is the same however the facts came in', () => {
    const clusterOf = new Map(nodes.map(({ node, cluster }) => [node, cluster]))
    assert(
      property(
        array(anyPlacement, { minLength: 5, maxLength: 60 }),
        array(anyFault, { minLength: 5, maxLength: 120 }),
        array(nat(), { minLength: 20, maxLength: 20 }),
        (somewhere, faults, cuts) => {
          const placements = somewhere.map((one) => ({
            ...one,
            cluster: clusterOf.get(one.node) ?? '',
          }))
          const atOnce = after(report({ placements, faults }))
          // The same facts in pieces, in another order, some of them twice.
          const pieces = [
            ...placements.map((one) => report({ placements: [one] })),
            ...faults.map((one) => report({ faults: [one] })),
          ]
          const mixed = [...pieces, ...pieces.slice(0, 10)]
            .map((piece, k) => ({ piece, key: ((cuts[k % 20] ?? 0) * (k + 7)) % 1_009 }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ piece }) => piece)
          const inPieces = after(...mixed)
          // A blame is a decision of its moment; what it rests on is compared where none was made.
          pre(atOnce.blames.length === 0 && inPieces.blames.length === 0)
          expect(evidenceOf(inPieces)).toStrictEqual(evidenceOf(atOnce))
        },
      ),
      { numRuns: 60 },
    )
  })
})

function evidenceOf({ evidence }: Attribution) {
  return [...evidence]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([signature, { weighed, cells }]) => [
      signature,
      weighed,
      [...cells]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([rollout, { sums, hit }]) => [rollout, sums.map((x) => x.toFixed(9)), hit.size]),
    ])
}

describe('among rollouts of which none is bad', () => {
  test('at most one in a hundred is blamed, though looked at after every fault, with incidents and flaky nodes', () => {
    const ROLLOUTS = 4
    const WORLDS = 150
    let blamed = 0
    for (let seed = 1; seed <= WORLDS; seed += 1) blamed += blamedInHealthyWorld(seed, ROLLOUTS)
    // 1 % of 600 is 6; even at exactly 1 % more than 12 would be seen once in a hundred runs.
    expect(blamed).toBeLessThanOrEqual(12)
  })
})

/** How many of these rollouts are blamed in a world where nobody causes anything. */
function blamedInHealthyWorld(seed: number, rollouts: number): number {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const all = Array.from({ length: PER_CLUSTER }, (_, k) => k)
  const anyNode = () => nodes[Math.floor(next() * nodes.length)]?.node ?? 'a0'
  const placements = Array.from({ length: rollouts }, (_, k) =>
    CLUSTERS.slice(0, 1 + Math.floor(next() * 4)).flatMap((cluster, place) =>
      placed(`r${k}`, cluster, k % 2 === 0 ? six : all, T + (k + 2 * place) * HOUR),
    ),
  ).flat()
  const faults = Array.from({ length: 60 }, () => ({
    signature: `s${Math.floor(next() * 3)}`,
    node: anyNode(),
    at: Math.round(T + next() * 20 * HOUR),
  }))
  const cluster = CLUSTERS[Math.floor(next() * 5)] ?? 'a'
  const incident = Array.from({ length: 15 }, () => ({
    signature: 's0',
    node: `${cluster}${Math.floor(next() * PER_CLUSTER)}`,
    at: Math.round(T + 8 * HOUR + next() * HOUR),
  }))
  const inOrder = [...faults, ...incident].toSorted((a, b) => a.at - b.at)
  let known = take(openAttribution(NOTHING_KNOWN), report({ nodes, placements }), T)
  for (const fault of inOrder) known = take(known, report({ faults: [fault] }), fault.at)
  return new Set(known.blames.map(({ rollout }) => rollout)).size
}
