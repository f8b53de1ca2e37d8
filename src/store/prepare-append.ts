import { canonicalJson } from '../core/kernel/hash.ts'
import type { Instant } from '../core/kernel/instant.ts'
import { invariant } from '../core/kernel/invariant.ts'
import type { Append, Fence, Poke, Provenance, View } from '../ports/event-store.ts'
import { eventHash } from './event-hash.ts'
import { EVENT_BYTES_MAX, NAME_LENGTH_MAX, PAGE_MAX } from './limits.ts'

/** What may come with an append, as the port has it. */
export interface AppendOptions {
  readonly fence?: Fence
  readonly pokes?: readonly Poke[]
  readonly commandId?: string
  readonly views?: readonly View[]
}

/** The events that one stream is to get, their data written as canonical JSON. */
export interface PreparedStream {
  readonly stream: string
  readonly expected: number
  readonly events: readonly { readonly type: string; readonly dataJson: string }[]
}

/** A view with its summary written as JSON. */
export interface PreparedView {
  readonly kind: string
  readonly id: string
  readonly summaryJson: string
}

/** An append that is safe to hand to an engine: limits kept, every list in the order in which locks are taken. */
export interface PreparedAppend {
  readonly streams: readonly PreparedStream[]
  readonly pokes: readonly Poke[]
  readonly views: readonly PreparedView[]
  readonly provenance: Provenance
  readonly fence: Fence | null
  readonly commandId: string | null
}

/** One row of the event table, ready to be inserted. */
export interface EventRow {
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly dataJson: string
  readonly recordedAt: Instant
  readonly recordedBy: string
  readonly authority: string | null
  readonly causedBy: string | null
  readonly hash: string
}

/**
 * Checks an append and puts its parts in order. What breaks a limit is our own mistake: whatever
 * comes from people was limited at the edge, long before it became an event.
 */
export function prepareAppend(
  appends: readonly Append[],
  provenance: Provenance,
  options: AppendOptions,
): PreparedAppend {
  const streams = appends.map(prepareStream).toSorted((a, b) => inOrder(a.stream, b.stream))
  const names = new Set(streams.map((one) => one.stream))
  invariant(names.size === streams.length, 'an append names the same stream twice')
  const adds = streams.reduce((sum, one) => sum + one.events.length, 0)
  invariant(adds <= PAGE_MAX, `an append adds ${adds} events; at most ${PAGE_MAX} are allowed`)

  checkInstant(provenance.at, 'recorded at')
  checkText(provenance.by, 'recorded by')
  if (provenance.authority !== null) checkText(provenance.authority, 'the authority')
  if (provenance.causedBy !== null) checkText(provenance.causedBy, 'the cause')
  if (options.commandId !== undefined) checkName(options.commandId, 'a command id')
  return {
    streams,
    pokes: preparePokes(options.pokes ?? []),
    views: prepareViews(options.views ?? []),
    provenance,
    fence: options.fence ?? null,
    commandId: options.commandId ?? null,
  }
}

/** The rows that a stream gets, each sealed to the one before it. */
export function sealedRows(
  { stream, expected, events }: PreparedStream,
  headHash: string,
  { at, by, authority, causedBy }: Provenance,
): readonly EventRow[] {
  let before = headHash
  return events.map(({ type, dataJson }, index) => {
    const version = expected + index + 1
    const row = { stream, version, type, recordedAt: at, recordedBy: by, authority, causedBy }
    before = eventHash(before, row, dataJson)
    return { ...row, dataJson, hash: before }
  })
}

/** The last row of each stream among these: where the streams end now. */
export function lastRows(rows: readonly EventRow[]): readonly EventRow[] {
  return [...new Map(rows.map((row) => [row.stream, row])).values()]
}

/** One poke per key, the earliest, sorted by key. */
export function preparePokes(pokes: readonly Poke[]): readonly Poke[] {
  const earliest = new Map<string, Instant>()
  for (const { key, at } of pokes) {
    checkName(key, 'a work key')
    checkInstant(at, `the poke of '${key}'`)
    earliest.set(key, Math.min(at, earliest.get(key) ?? at))
  }
  return [...earliest].map(([key, at]) => ({ key, at })).toSorted((a, b) => inOrder(a.key, b.key))
}

/** One row per kind and id, the last one given, sorted. */
export function prepareViews(views: readonly View[]): readonly PreparedView[] {
  const last = new Map<string, PreparedView>()
  for (const { kind, id, summary } of views) {
    checkName(kind, 'the kind of a view')
    checkName(id, 'the id of a view')
    last.set(JSON.stringify([kind, id]), { kind, id, summaryJson: jsonOf(summary) })
  }
  return [...last.values()].toSorted((a, b) => inOrder(a.kind, b.kind) || inOrder(a.id, b.id))
}

/** The JSON of a value. What JSON cannot say becomes null, as it does inside of an array. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

function prepareStream({ stream, expected, events }: Append): PreparedStream {
  checkName(stream, 'a stream')
  invariant(Number.isSafeInteger(expected) && expected >= 0, `'${stream}' expects ${expected}`)
  return {
    stream,
    expected,
    events: events.map(({ type, data }) => {
      checkName(type, 'an event type')
      // Through JSON first: what is sealed has to be what a reader will get.
      const dataJson = canonicalJson(JSON.parse(jsonOf(data)))
      const bytes = Buffer.byteLength(dataJson)
      invariant(
        bytes <= EVENT_BYTES_MAX,
        `event '${type}' for '${stream}' holds ${bytes} bytes; at most ${EVENT_BYTES_MAX} are kept`,
      )
      return { type, dataJson }
    }),
  }
}

function checkName(text: string, what: string): void {
  invariant(text !== '', `${what} is empty`)
  invariant(text.length <= NAME_LENGTH_MAX, `${what} is longer than ${NAME_LENGTH_MAX} characters`)
  checkText(text, what)
}

/** Both engines store UTF-8; PostgreSQL has no NUL, and half a surrogate would come back as something else. */
function checkText(text: string, what: string): void {
  invariant(text.isWellFormed() && !text.includes('\0'), `${what} is not storable text`)
}

function checkInstant(at: Instant, what: string): void {
  invariant(Number.isSafeInteger(at), `${what}: ${at} is not a whole number of milliseconds`)
}

function inOrder(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
