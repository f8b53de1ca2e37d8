import {
  type Attribution,
  type Blame,
  NOTHING_KNOWN,
  openAttribution,
  take,
} from '../core/attribute/attribution.ts'
import { documentOf, readDocument } from '../core/attribute/document.ts'
import { type Findings, findingsOf } from '../core/attribute/findings.ts'
import type { LeftOut, Report } from '../core/attribute/ledger.ts'
import { sayBlameOf } from '../core/attribute/say-findings.ts'
import type { Actor } from '../core/words/actor.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventStore } from '../ports/event-store.ts'
import type { Log } from './context.ts'
import type { Control } from './control.ts'

const CHECKPOINT = 'attribution'
/** In whose name a blamed rollout is halted: nobody's permission is needed for that. */
const ACTOR: Actor = { name: 'attribution', roles: [] }

/** Whom a report proved guilty, and what followed. */
interface Blamed {
  readonly rollout: string
  readonly signature: string
  readonly because: string
  /** Whether goaround runs the rollout and has halted it. */
  readonly halted: boolean
}

/** Takes in where releases run and what fails, and halts a rollout of ours that is proved to be the cause. */
export interface AttributionDesk {
  /** An answer means that the report is kept, and that whoever it proved guilty is halted. */
  readonly take: (
    report: Partial<Report>,
  ) => Promise<{ readonly blamed: readonly Blamed[]; readonly leftOut: LeftOut }>
  readonly findings: () => Promise<Findings>
}

interface Parts {
  readonly store: EventStore
  readonly control: Control
  readonly clock: Clock
  readonly log: Log
}

/**
 * Opens what was kept when first asked. Reports are taken in one after the other. Whoever is
 * blamed is halted before the blame is kept: after a crash in between, the same report leads to the
 * same halt, which a rollout takes only once.
 */
export function openAttributionDesk({ store, control, clock, log }: Parts): AttributionDesk {
  let known: Promise<Attribution> | null = null
  let turn: Promise<unknown> = Promise.resolve()

  async function open(): Promise<Attribution> {
    const kept: unknown = await store.loadCheckpoint(CHECKPOINT)
    const read = kept == null ? NOTHING_KNOWN : readDocument(kept)
    if (read === null) log.error({}, 'attribution begins anew: what was kept is of another version')
    return openAttribution(read ?? NOTHING_KNOWN)
  }

  async function current(): Promise<Attribution> {
    known ??= open()
    try {
      return await known
    } catch (error) {
      // The store could not be read: the next to ask tries again.
      known = null
      throw error
    }
  }

  async function takeOne(report: Partial<Report>) {
    const before = await current()
    const whole = { nodes: [], placements: [], faults: [], ...report }
    const after = take(before, whole, clock.now())
    const fresh = after.blames.filter((blame) => !before.blames.includes(blame))
    const blamed: Blamed[] = []
    for (const blame of fresh) blamed.push(await halt(blame))
    // Only now: a report whose halt or keeping failed is taken in again when it is sent again.
    await store.saveCheckpoint(CHECKPOINT, documentOf(after))
    known = Promise.resolve(after)
    return { blamed, leftOut: after.ledger.leftOut }
  }

  async function halt(blame: Blame): Promise<Blamed> {
    const { rollout, signature } = blame
    const because = sayBlameOf(blame)
    const halted = await haltOurs(rollout, signature, because)
    log.info({ rollout, signature, halted }, 'a rollout is blamed')
    return { rollout, signature, because, halted }
  }

  async function haltOurs(id: string, signature: string, because: string): Promise<boolean> {
    if ((await control.read(id)) === null) return false
    const from = { actor: ACTOR, commandId: `attribution ${id} ${signature}` }
    const told = await control.tell(id, { type: 'abort', because }, from)
    if (!told.ok && told.problem.code === 'too-busy')
      throw new Error(`the blamed rollout ${id} was too busy to be halted; the report is not kept`)
    return told.ok
  }

  return {
    async take(report) {
      const mine = turn.then(() => takeOne(report))
      turn = mine.catch(() => undefined)
      return mine
    },
    findings: async () => findingsOf(await current(), clock.now()),
  }
}
