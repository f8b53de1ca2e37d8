import { z } from 'zod'
import { digestOf } from '../kernel/hash.ts'
import { SEVERITIES } from '../strategy/alerts.ts'

/** Enough to tell which it was; a longer name is cut. */
const NAME_MAX = 200
/** A sentence or two; a longer one is cut. */
const SUMMARY_MAX = 1_000
/** Prometheus refuses more labels than this by default in many installations. */
const LABELS_MAX = 64
const LABEL_MAX = 300

/** One thing that somebody outside said about the health of something, in the same words for all senders. */
export const Signal = z.object({
  /** Who said it: `alertmanager`, the name of a webhook, `report`. */
  source: z.string(),
  /** The same for as long as it is about the same fault. */
  fingerprint: z.string(),
  /** When the fault began, epoch milliseconds, as the sender says. */
  startsAt: z.number().int(),
  status: z.enum(['firing', 'resolved']),
  severity: z.enum(SEVERITIES),
  name: z.string(),
  summary: z.string(),
  labels: z.record(z.string(), z.string()),
  /** When it was heard here. */
  seenAt: z.number().int(),
})
export type Signal = z.output<typeof Signal>

/**
 * Makes a signal out of a sender's words: texts are cut to a length that people read, and
 * characters that a terminal would obey are taken out.
 */
export function newSignal(said: Signal): Signal {
  const labels = Object.entries(said.labels)
    .slice(0, LABELS_MAX)
    .map(([name, value]) => [plain(name, LABEL_MAX), plain(value, LABEL_MAX)] as const)
  return {
    ...said,
    name: plain(said.name, NAME_MAX),
    summary: plain(said.summary, SUMMARY_MAX),
    labels: Object.fromEntries(labels),
  }
}

/**
 * One firing of one fault: deliveries with the same key are about the same thing, however often
 * they come. A fault that comes back has begun anew and is another one.
 */
export function signalKey({ source, fingerprint, startsAt }: Signal): string {
  return `${source}/${fingerprint}/${startsAt}`
}

/** A fingerprint for senders that give none: equal texts are the same fault. */
export function fingerprintOf(...parts: readonly string[]): string {
  return digestOf(parts).slice(0, 16)
}

function plain(text: string, max: number): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return shown.length <= max ? shown : `${shown.slice(0, max - 1)}…`
}
