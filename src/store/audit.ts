import { canonicalJson } from '../core/kernel/hash.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { type Anchor, anchorHash, eventHash, NOTHING_BEFORE } from './event-hash.ts'
import { PAGE_MAX } from './limits.ts'
import type { AuditSource, WalkedEvent } from './store.ts'

/** Problems that a report names; after that many the log needs a backup, not a longer list. */
const PROBLEMS_MAX = 1_000

/** Something in the log that is not as it was recorded. */
export interface AuditProblem {
  readonly stream: string
  readonly version: number
  readonly what: string
}

/** What a check of the whole log found. */
export interface AuditReport {
  readonly streams: number
  readonly events: number
  readonly problems: readonly AuditProblem[]
  readonly problemsLeftOut: number
  /**
   * The newest anchor. Whoever keeps its number and hash elsewhere can tell later that nothing up
   * to it was rewritten, even by somebody who recomputed every hash in the database.
   */
  readonly anchor: NotedAnchor | null
}

/** An anchor as somebody noted it down outside of the database. */
export type NotedAnchor = Pick<Anchor, 'number' | 'hash'>

/**
 * Walks all streams and all anchors in pages and says where the log is not as it was recorded:
 * changed, removed, cut off or inserted events. Changes nothing, and may run beside writers.
 */
export async function verifyAudit(
  source: AuditSource,
  noted: readonly NotedAnchor[] = [],
): Promise<AuditReport> {
  const problems: AuditProblem[] = []
  let leftOut = 0
  const report = (stream: string, version: number, what: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push({ stream, version, what })
    else leftOut += 1
  }

  // Anchors first: whatever they cover exists already when the streams are walked.
  const anchor = await checkAnchors(source, noted, report)
  const { streams, events } = await checkStreams(source, report)
  for (const { stream, version } of await source.emptied(PAGE_MAX)) {
    report(stream, version, `all ${version} events of the stream were removed`)
  }
  return { streams, events, problems, problemsLeftOut: leftOut, anchor }
}

type Report = (stream: string, version: number, what: string) => void

async function checkStreams(
  source: AuditSource,
  report: Report,
): Promise<{ readonly streams: number; readonly events: number }> {
  let streams = 0
  let events = 0
  let last: WalkedEvent | null = null
  for (;;) {
    const page: readonly WalkedEvent[] = await source.walk(last?.event ?? null, PAGE_MAX)
    for (const walked of page) {
      const follows = last?.event.stream === walked.event.stream ? last.event : null
      if (follows === null) {
        if (last !== null) checkEnd(last, report)
        streams += 1
      }
      checkEvent(walked.event, follows, report)
      events += 1
      last = walked
    }
    if (page.length === 0) break
  }
  if (last !== null) checkEnd(last, report)
  return { streams, events }
}

/** Checks one event against the one before it in its stream. */
function checkEvent(event: StoredEvent, before: StoredEvent | null, report: Report): void {
  const { stream, version } = event
  const expected = (before?.version ?? 0) + 1
  if (version !== expected) {
    const last = version - 1
    const gap = last === expected ? `event ${last}` : `events ${expected}-${last}`
    report(stream, expected, `${gap} of the stream ${last === expected ? 'was' : 'were'} removed`)
    return
  }
  const hash = eventHash(before?.hash ?? NOTHING_BEFORE, event, canonicalJson(event.data))
  if (hash !== event.hash) {
    report(stream, version, 'the event was changed, or does not follow from the one before it')
  }
}

/** Checks the last event that a stream has against where its head says that it ends. */
function checkEnd({ event, head }: WalkedEvent, report: Report): void {
  const { stream, version, hash } = event
  if (head === null) {
    report(stream, version, 'the stream was inserted: it has no head')
  } else if (version < head.version) {
    report(stream, version + 1, `the stream was cut off: ${head.version} events were recorded`)
  } else if (version > head.version) {
    report(stream, head.version + 1, 'the events from here on were inserted')
  } else if (hash !== head.hash) {
    report(stream, version, 'the last event is not the one that was recorded')
  }
}

async function checkAnchors(
  source: AuditSource,
  noted: readonly NotedAnchor[],
  report: Report,
): Promise<NotedAnchor | null> {
  const unseen = new Map(noted.map(({ number, hash }) => [number, hash]))
  let last = { number: 0, hash: NOTHING_BEFORE }
  for (;;) {
    const page = await source.anchors(last.number, PAGE_MAX)
    if (page.length === 0) break
    for (const anchor of page) {
      checkAnchor(anchor, last, report)
      await checkCovered(source, anchor, report)
      const { number, hash } = anchor
      if (unseen.has(number) && unseen.get(number) !== hash) {
        report(nameOf(number), 0, 'the anchor is not the one that was noted')
      }
      unseen.delete(number)
      last = { number, hash }
    }
  }
  for (const number of unseen.keys()) report(nameOf(number), 0, 'the noted anchor was removed')
  return last.number === 0 ? null : last
}

function checkAnchor(anchor: Anchor, before: NotedAnchor, report: Report): void {
  const name = nameOf(anchor.number)
  if (anchor.number !== before.number + 1) {
    report(name, 0, `anchors between ${before.number} and this one were removed`)
  } else if (anchorHash(before.hash, anchor) !== anchor.hash) {
    report(name, 0, 'the anchor was changed, or does not follow from the one before it')
  }
}

/** Checks that the events which an anchor covers are still the ones it covered. */
async function checkCovered(
  source: AuditSource,
  { number, heads }: Anchor,
  report: Report,
): Promise<void> {
  const found = await source.hashesAt(heads)
  for (const [index, [stream, version, anchored]] of heads.entries()) {
    if (found[index] === anchored) continue
    const what = found[index] === null ? 'was removed' : 'is not the one that was recorded'
    report(stream, version, `the event ${what}: anchor ${number} covers it`)
  }
}

/** Anchors belong to no stream; a report names them where it names a stream. */
function nameOf(number: number): string {
  return `anchor ${number}`
}
