import type {
  Findings,
  RolloutFinding,
  SignatureFinding,
  Standing,
} from '../core/attribute/findings.ts'
import { sayOdds, sayTimes } from '../core/attribute/say-odds.ts'
import { isoInstant } from '../core/kernel/instant.ts'
import type { Chart } from './chart.ts'
import { drawChart } from './draw-chart.ts'
import { drawPage, type Section } from './page.ts'
import { type Table, tableOfChart } from './table.ts'
import type { Tone } from './tone.ts'

const TONES: Readonly<Record<Standing, Tone>> = {
  blamed: 'bad',
  suspected: 'unsure',
  cleared: 'good',
  unknown: 'quiet',
}

/**
 * The evidence page: who is to blame among the rollouts, on which evidence, fault by fault, and why
 * the others are not. One HTML file that needs nothing else.
 */
export function drawAttribution(findings: Findings): string {
  const { at, nodes, clusters, faults, signatures, leftOut, rollouts } = findings
  const left = leftOut.nodes + leftOut.rollouts + leftOut.faults
  const facts = [
    `As of ${isoInstant(at)}: ${rollouts.length} rollouts on ${nodes} nodes in ${clusters} clusters; ${faults} faults of ${signatures} kinds.`,
    ...(left > 0
      ? [
          `Left out for want of room or because the node is not known: ${leftOut.nodes} nodes, ${leftOut.rollouts} rollouts, ${leftOut.faults} faults. That delays an answer and never makes a wrong one.`,
        ]
      : []),
  ]
  const timeline = chartOfRollouts(findings)
  return drawPage({
    title: 'Which rollout is to blame',
    lead: findings.because,
    sections: [
      {
        heading: 'Every rollout, and why it stands as it does',
        sentences: facts,
        table: overview(rollouts),
      },
      ...(timeline === null ? [] : [pictured('What was where, when', timeline)]),
      ...rollouts.flatMap(evidenceSections),
      { heading: 'How to read this', sentences: HOW },
    ],
  })
}

const HOW: readonly string[] = [
  'Given that a fault happened, the question is only on which node: were a rollout the cause, it would be on a node that has it, a ratio of times more often than on another node of the same cluster. Each fault adds the logarithm of that to the evidence; a fault elsewhere takes away.',
  'How many faults there are does not count, so an incident everywhere, or the time of day, speaks for and against nobody. A cluster itself is news once an hour, a node once a day, and nodes that always fail weigh more.',
  'A rollout is blamed when chance would bring evidence as strong in less than 1 of 100 cases, over all kinds of faults and however often one looks; when at least three of its nodes failed; and when it explains the faults 20 times better than any other single rollout. Suspected: the first two, but another explains it too. Cleared: were it breaking its nodes at large, what was seen would be a hundred times rarer. Unknown: none of these.',
]

function overview(rollouts: readonly RolloutFinding[]): Table {
  return {
    caption: 'All rollouts, those to blame first',
    head: ['rollout', 'standing', 'why', 'nodes', 'first', 'last'],
    rows: rollouts.map(({ rollout, standing, because, nodes, firstAt, lastAt }) => [
      rollout,
      standing,
      because,
      String(nodes),
      isoInstant(firstAt),
      isoInstant(lastAt),
    ]),
  }
}

function evidenceSections({ rollout, standing, because, signatures }: RolloutFinding): Section[] {
  return signatures
    .filter(({ terms }) => terms.length > 0)
    .flatMap((finding) => {
      const heading = `${rollout} is ${standing}: ${finding.signature}`
      const chart = chartOfTerms(rollout, finding)
      return [
        { ...pictured(heading, chart), sentences: [`${because}.`, ...notes(finding)] },
        { heading: `${rollout}, ${finding.signature}: fault by fault`, table: termsTable(finding) },
      ]
    })
}

function notes({ logE, margin, rival, blip, hits, faults }: SignatureFinding): readonly string[] {
  return [
    `By chance: ${sayOdds(logE)}, after the price of looking at every kind of fault. ${hits} of its nodes were hit; ${faults} faults of the kind were weighed.`,
    rival === null || margin === null
      ? 'No other rollout was under way to compare it with.'
      : `Against ${rival}, the next likeliest: ${margin > 0 ? `${sayTimes(margin)} times better` : 'no better'} (20 times is needed).`,
    blip === null
      ? 'Healthy restarts do not bring this kind of fault, so it counts from the first second.'
      : `Faults within 15 minutes of a restart do not count: ${blip}.`,
  ]
}

function chartOfTerms(rollout: string, { signature, terms }: SignatureFinding): Chart {
  let sum = 0
  const points = terms.map(({ at, term }) => {
    sum += term
    return { x: at, y: sum }
  })
  return {
    title: `Evidence against ${rollout} from ${signature}`,
    description: `The sum of what each fault says, in natural logarithms; upwards speaks against the rollout. It ends at ${sum.toFixed(1)}.`,
    x: { label: 'time (UTC)', scale: 'time' },
    y: { label: 'evidence (ln)', scale: 'linear' },
    series: [{ name: 'evidence', tone: 'one', shape: 'step', points }],
  }
}

function termsTable({ terms }: SignatureFinding): Table {
  return {
    caption: 'What each fault says; the newest last',
    head: ['at', 'node', 'cluster', 'had the release', 'cluster was quiet', 'says (ln)'],
    rows: terms.map(({ at, node, cluster, isHit, isClusterNews, term }) => [
      isoInstant(at),
      node,
      cluster,
      isHit ? 'yes' : 'no',
      isClusterNews ? 'yes' : 'no',
      term.toFixed(2),
    ]),
  }
}

function chartOfRollouts({ rollouts, at }: Findings): Chart | null {
  const blamed = rollouts.flatMap(({ rollout, blamedAt }) =>
    blamedAt === null ? [] : [{ at: blamedAt, label: `${rollout} blamed`, tone: 'bad' as const }],
  )
  const begin = Math.min(...rollouts.map(({ firstAt }) => firstAt))
  if (rollouts.length === 0 || begin >= at) return null
  const placed = rollouts.map(({ firstAt }) => firstAt).toSorted((a, b) => a - b)
  return {
    title: 'Rollouts over time',
    description: 'How many rollouts had begun, and below, from when to when each reached nodes.',
    x: { label: 'time (UTC)', scale: 'time', from: begin, to: at },
    y: { label: 'rollouts begun', scale: 'linear', from: 0 },
    series: [
      {
        name: 'begun',
        tone: 'quiet',
        shape: 'step',
        points: placed.map((x, k) => ({ x, y: k + 1 })),
      },
    ],
    markers: blamed,
    lanes: rollouts.map(({ rollout, firstAt, lastAt, standing }) => ({
      name: rollout,
      spans: [{ from: firstAt, to: lastAt, label: standing, tone: TONES[standing] }],
    })),
  }
}

function pictured(heading: string, chart: Chart): Section {
  return { heading, picture: { svg: drawChart(chart), data: tableOfChart(chart) } }
}
