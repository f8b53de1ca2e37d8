import { z } from 'zod'
import type { Instant } from '../kernel/instant.ts'
import type { Attribution, Blame, Known } from './attribution.ts'
import { type Fault, Fault as FaultShape } from './fault.ts'
import { ALTERNATIVES } from './kernels.ts'
import { EMPTY_LEDGER, factsOf, type RolloutFacts, record } from './ledger.ts'

/** The shape of what is kept. Another version is not read: attribution then begins anew, which only delays. */
const VERSION = 1

const Pairs = z.array(z.tuple([z.string(), z.number()]))
const Document = z.object({
  version: z.literal(VERSION),
  tidiedAt: z.number(),
  nodes: z.array(z.tuple([z.string(), z.string()])),
  rollouts: z.array(z.object({ id: z.string(), learned: z.boolean(), placements: Pairs })),
  /** signature → node and instant of each fault. */
  faults: z.array(z.tuple([z.string(), Pairs])),
  past: Pairs,
  leftOut: z.object({ nodes: z.number(), rollouts: z.number(), faults: z.number() }),
  restarts: z.number(),
  blips: z.array(z.tuple([z.string(), z.object({ after: z.number(), before: z.number() })])),
  blames: z.array(
    z.object({
      rollout: z.string(),
      signature: z.string(),
      at: z.number(),
      /** Its place in the list of alternatives: a kernel that never ends is no JSON. */
      best: z
        .number()
        .int()
        .min(0)
        .max(ALTERNATIVES.length - 1),
      logE: z.number(),
      margin: z.number().nullable(),
      rival: z.string().nullable(),
      hits: z.number(),
    }),
  ),
})
type Document = z.output<typeof Document>

/** What has to be kept over a restart, as JSON; evidence is worked out from it again. */
export function documentOf({ ledger, blips, blames, tidiedAt }: Known | Attribution): Document {
  return {
    version: VERSION,
    tidiedAt,
    nodes: [...ledger.nodes],
    rollouts: [...ledger.rollouts.values()].map(({ id, learned, placements }) => ({
      id,
      learned,
      placements: [...placements],
    })),
    faults: [...ledger.faults].map(([signature, own]) => [signature, pairsOf(own.values())]),
    past: [...ledger.past],
    leftOut: { ...ledger.leftOut },
    restarts: blips.restarts,
    blips: [...blips.bySignature],
    blames: blames.map(({ best, ...blame }) => ({
      ...blame,
      best: ALTERNATIVES.findIndex(
        ({ kernel, ratio }) => kernel === best.kernel && ratio === best.ratio,
      ),
    })),
  }
}

function pairsOf(stretches: Iterable<ReadonlyMap<string, Fault>>): [string, Instant][] {
  return [...stretches].flatMap((kept) =>
    [...kept.values()].map(({ node, at }): [string, Instant] => [node, at]),
  )
}

/** What was kept; null when it is not in a shape that this version reads. */
export function readDocument(text: unknown): Known | null {
  const read = Document.safeParse(text)
  if (!read.success) return null
  const { nodes, rollouts, faults, past, leftOut, restarts, blips, blames, tidiedAt } = read.data
  const home = new Map(nodes)
  const placed = new Map<string, RolloutFacts>(
    rollouts.map(({ id, learned, placements }) => [id, factsOf(id, new Map(placements), learned)]),
  )
  const { ledger } = record(
    { ...EMPTY_LEDGER, nodes: home, rollouts: placed, past: new Map(past) },
    { nodes: [], placements: [], faults: faults.flatMap(faultsFrom) },
  )
  return {
    ledger: { ...ledger, leftOut },
    blips: { restarts, bySignature: new Map(blips) },
    blames: blames.map(
      ({ best, ...blame }): Blame => ({
        ...blame,
        best: ALTERNATIVES[best] ?? ALTERNATIVES[0],
      }),
    ),
    tidiedAt,
  }
}

function faultsFrom([signature, pairs]: readonly [
  string,
  readonly (readonly [string, Instant])[],
]): readonly Fault[] {
  return pairs.flatMap(([node, at]) => {
    const fault = FaultShape.safeParse({ signature, node, at })
    return fault.success ? [fault.data] : []
  })
}
