import { z } from 'zod'
import { canonicalJson } from '../core/kernel/hash.ts'
import type { StoredEvent, View } from '../ports/event-store.ts'
import { type Anchor, eventHash, NOTHING_BEFORE } from './event-hash.ts'
import { EXPORT_FORMAT } from './export-events.ts'
import { PAGE_MAX } from './limits.ts'
import type { Store } from './store.ts'
import { StoreTrouble } from './store-trouble.ts'

/** One line of an export. */
const Line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('export'), format: z.number() }),
  z.object({
    kind: z.literal('event'),
    event: z.object({
      stream: z.string(),
      version: z.number(),
      position: z.string(),
      type: z.string(),
      data: z.unknown(),
      recordedAt: z.number(),
      recordedBy: z.string(),
      authority: z.string().nullable(),
      causedBy: z.string().nullable(),
      hash: z.string(),
    }),
  }),
  z.object({
    kind: z.literal('anchor'),
    anchor: z.object({
      number: z.number(),
      at: z.number(),
      heads: z.array(z.tuple([z.string(), z.number(), z.string()])),
      hash: z.string(),
    }),
  }),
  z.object({
    kind: z.literal('view'),
    view: z.object({ kind: z.string(), id: z.string(), summary: z.unknown() }),
  }),
  z.object({
    kind: z.literal('work'),
    work: z.object({ key: z.string(), dueAt: z.number() }),
  }),
  z.object({ kind: z.literal('end'), events: z.number() }),
])
type Line = z.output<typeof Line>

/** What was brought into a store. */
export interface Imported {
  readonly events: number
  readonly views: number
}

/**
 * Reads an export into an empty store. Every event is checked against the one before it while it
 * comes in, so a file that was edited or damaged is refused at the line where that shows; what was
 * brought in until then has to be thrown away with the new database.
 */
export async function importEvents(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<Imported> {
  if ((await store.head()) !== null) {
    throw new StoreTrouble(
      'unusable',
      `The event store ${store.where} holds events already, and an import would mix two logs. Name a new database.`,
    )
  }
  const intake = new Intake(store)
  for await (const text of lines) {
    if (text.trim() !== '') await intake.take(text)
  }
  return intake.finish()
}

/** One import on its way: where each stream ends so far, and what is still to be written. */
class Intake {
  readonly #store: Store
  readonly #ends = new Map<string, { readonly version: number; readonly hash: string }>()
  #batch = emptyBatch()
  #line = 0
  #events = 0
  #views = 0
  #isFinished = false

  constructor(store: Store) {
    this.#store = store
  }

  async take(text: string): Promise<void> {
    this.#line += 1
    const line = readLine(text, this.#line)
    if (this.#isFinished) throw this.#refusal('it comes after the last line')
    if ((this.#line === 1) !== (line.kind === 'export')) {
      throw this.#refusal('the file does not begin as an export of goaround does')
    }
    this.#add(line)
    const { events, views, anchors } = this.#batch
    if (events.length + views.length + anchors.length >= PAGE_MAX) await this.#flush()
    if (line.kind === 'work') await this.#store.poke({ key: line.work.key, at: line.work.dueAt })
  }

  async finish(): Promise<Imported> {
    if (!this.#isFinished) throw this.#refusal('the file was cut off: its last line is missing')
    await this.#flush()
    return { events: this.#events, views: this.#views }
  }

  #add(line: Line): void {
    switch (line.kind) {
      case 'export':
        if (line.format === EXPORT_FORMAT) return
        throw this.#refusal(`it has format ${line.format}, which a newer goaround wrote`)
      case 'event':
        this.#checkFollows(line.event)
        this.#batch.events.push(line.event)
        this.#events += 1
        return
      case 'anchor':
        this.#batch.anchors.push(line.anchor)
        return
      case 'view':
        this.#batch.views.push(line.view)
        this.#views += 1
        return
      case 'work':
        return
      case 'end':
        if (line.events !== this.#events) {
          throw this.#refusal(`${line.events} events were exported and ${this.#events} are here`)
        }
        this.#isFinished = true
    }
  }

  #checkFollows(event: StoredEvent): void {
    const before = this.#ends.get(event.stream)
    const hash = eventHash(before?.hash ?? NOTHING_BEFORE, event, canonicalJson(event.data))
    if (event.version !== (before?.version ?? 0) + 1 || event.hash !== hash) {
      const place = `event ${event.version} of '${event.stream}'`
      throw this.#refusal(`${place} was changed, or does not follow from the one before it`)
    }
    this.#ends.set(event.stream, { version: event.version, hash })
  }

  async #flush(): Promise<void> {
    const full = this.#batch
    this.#batch = emptyBatch()
    await this.#store.restore(full)
  }

  #refusal(what: string): StoreTrouble {
    return new StoreTrouble(
      'unusable',
      `The import was refused at line ${this.#line}: ${what}. Export again, and import into a new database.`,
    )
  }
}

function emptyBatch(): { events: StoredEvent[]; anchors: Anchor[]; views: View[] } {
  return { events: [], anchors: [], views: [] }
}

function readLine(text: string, number: number): Line {
  try {
    return Line.parse(JSON.parse(text))
  } catch (error) {
    throw new StoreTrouble(
      'unusable',
      `Line ${number} of the import is not a line of an export of goaround. Export again.`,
      error,
    )
  }
}
