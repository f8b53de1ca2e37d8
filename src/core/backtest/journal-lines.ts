import { z } from 'zod'
import type { Arm, Reading } from '../detect/reading.ts'
import { WATCH_VERSION, type WatchState } from '../detect/watch-state.ts'
import { no, type Result, yes } from '../kernel/result.ts'
import { VerdictKind } from '../words/verdict.ts'
import type { Journal, JournalEntry, JournalHead } from './journal.ts'

/** The version of the lines. Another one is not read. */
const FORMAT = 'goaround-recording/1'

const ARMS: readonly Arm[] = ['candidate', 'control']

const Head = z.strictObject({
  format: z.literal(FORMAT),
  rollout: z.string(),
  workload: z.string(),
  release: z.string(),
})

/**
 * One reading, written short because there are many: metric, arm, age in ms, requests and errors
 * as they stand, and of the latency only what grew since the line before, as pairs of bucket and count.
 * The epoch and the edges of the buckets are written when they are not those of the line before; then
 * the counts of the latency are written from zero.
 */
const ReadingLine = z.strictObject({
  m: z.string(),
  a: z.union([z.literal(0), z.literal(1)]),
  d: z.number(),
  n: z.number(),
  x: z.number(),
  l: z.array(z.tuple([z.int().nonnegative(), z.number()])).optional(),
  e: z.string().optional(),
  b: z.array(z.number()).optional(),
  g: z.strictObject({ mean: z.number(), instances: z.number().optional() }).optional(),
})
type ReadingLine = z.output<typeof ReadingLine>

/** Why a source had nothing of one arm: metric, arm and its sentence. */
const AbsenceLine = z.tuple([z.string(), z.union([z.literal(0), z.literal(1)]), z.string()])

/** The state is written by detection itself: its version vouches for its shape. */
const State = z.custom<WatchState>(
  (value) => typeof value === 'object' && value !== null && 'version' in value,
)

const Line = z.union([
  z.strictObject({ t: z.number(), group: z.string(), state: State }),
  z.strictObject({
    t: z.number(),
    s: z.string(),
    r: z.array(ReadingLine).optional(),
    absent: z.array(AbsenceLine).optional(),
  }),
  z.strictObject({ t: z.number(), s: z.string(), failed: z.string() }),
  z.strictObject({ t: z.number(), verdict: VerdictKind }),
])

/** What both sides remember of a metric's arm, so that only what changed is written. */
type Known = Map<string, Reading>

/** Writes the lines of one journal; each leans on those before it, so a file that is continued gets a writer that forgets. */
export class JournalWriter {
  readonly #known: Known = new Map()

  head(head: JournalHead): string {
    return JSON.stringify({ format: FORMAT, ...head } satisfies z.output<typeof Head>)
  }

  line(entry: JournalEntry): string {
    const { at: t } = entry
    switch (entry.kind) {
      case 'opened':
        return JSON.stringify({ t, group: entry.group, state: entry.state })
      case 'failed':
        return JSON.stringify({ t, s: entry.source, failed: entry.because })
      case 'judged':
        return JSON.stringify({ t, verdict: entry.verdict })
      case 'heard': {
        const { source, readings, absences = [] } = entry.poll
        const absent = absences.map(({ metric, arm, because }) => [metric, codeOf(arm), because])
        const r = readings.flatMap((reading) => this.#reading(source, reading, t))
        return JSON.stringify({
          t,
          s: source,
          ...(r.length === 0 ? {} : { r }),
          ...(absent.length === 0 ? {} : { absent }),
        })
      }
    }
  }

  /** A reading that was written before changes nothing, so it is left out. */
  #reading(source: string, reading: Reading, t: number): readonly ReadingLine[] {
    const key = keyOf(source, reading.metric, reading.arm)
    const before = this.#known.get(key)
    if (before !== undefined && before.at === reading.at && before.epoch === reading.epoch)
      return []
    this.#known.set(key, reading)
    const { metric, arm, at, epoch, requests, errors, edgesMs, latency, gauge } = reading
    const fresh = before === undefined || !sameShape(before, reading)
    const grown = latency.flatMap((count, k): [number, number][] => {
      const more = count - (fresh ? 0 : (before.latency[k] ?? 0))
      return more === 0 ? [] : [[k, more]]
    })
    return [
      {
        m: metric,
        a: codeOf(arm),
        d: t - at,
        n: requests,
        x: errors,
        ...(grown.length === 0 ? {} : { l: grown }),
        ...(fresh ? { e: epoch, b: [...edgesMs] } : {}),
        ...(gauge === undefined ? {} : { g: { ...gauge } }),
      },
    ]
  }
}

/** Reads a journal back. A line that was cut off by a crash is left out; any other mistake names its line. */
export function readJournal(text: string, file: string): Result<Journal, string> {
  const lines = text.split('\n')
  const head = Head.safeParse(parse(lines[0] ?? ''))
  if (!head.success) return no(`${file}:1: expected the first line of a recording, ${FORMAT}`)
  const known: Known = new Map()
  const entries: JournalEntry[] = []
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue
    const read = Line.safeParse(parse(line))
    if (read.success) entries.push(entryOf(read.data, known))
    else if (!isCutOff(lines, index)) {
      return no(
        `${file}:${index + 1}: not a line of a recording: expected JSON as goaround wrote it`,
      )
    }
  }
  const { format: _, ...of } = head.data
  return yes({ head: of, entries })
}

/** The last line of a process that died, and then of the file, or followed by how the next one began. */
function isCutOff(lines: readonly string[], index: number): boolean {
  const next = lines[index + 1]
  if (parse(lines[index] ?? '') !== null) return false
  return next === undefined || next.includes('"state":')
}

/** Whether a text begins like a journal. */
export function isJournal(text: string): boolean {
  return text.startsWith('{"format":"goaround-recording/')
}

/** Whether this version of detection can go on from a recorded state. */
export function isReadable({ version }: Pick<WatchState, 'version'>): boolean {
  return version === WATCH_VERSION
}

function entryOf(line: z.output<typeof Line>, known: Known): JournalEntry {
  const { t: at } = line
  if ('state' in line) return { kind: 'opened', at, group: line.group, state: line.state }
  if ('verdict' in line) return { kind: 'judged', at, verdict: line.verdict }
  if ('failed' in line) return { kind: 'failed', at, source: line.s, because: line.failed }
  const readings = (line.r ?? []).map((one) => readingOf(line.s, one, at, known))
  const absences = (line.absent ?? []).map(([metric, a, because]) => {
    return { metric, arm: ARMS[a] ?? 'control', because }
  })
  const poll = { source: line.s, readings, ...(absences.length === 0 ? {} : { absences }) }
  return { kind: 'heard', at, poll }
}

function readingOf(source: string, line: ReadingLine, t: number, known: Known): Reading {
  const { m: metric, a, d, n: requests, x: errors, l = [], e, b, g } = line
  const arm = ARMS[a] ?? 'control'
  const key = keyOf(source, metric, arm)
  const before = known.get(key)
  const edgesMs = b ?? before?.edgesMs ?? []
  const buckets = edgesMs.length === 0 ? 0 : edgesMs.length + 1
  const latency = Array.from({ length: buckets }, (_, k) =>
    b === undefined ? (before?.latency[k] ?? 0) : 0,
  )
  for (const [k, more] of l) if (k < buckets) latency[k] = (latency[k] ?? 0) + more
  const epoch = e ?? before?.epoch ?? ''
  const gauge = g === undefined ? {} : { gauge: gaugeOf(g) }
  const reading = { metric, arm, at: t - d, epoch, requests, errors, edgesMs, latency, ...gauge }
  known.set(key, reading)
  return reading
}

function gaugeOf({
  mean,
  instances,
}: NonNullable<ReadingLine['g']>): NonNullable<Reading['gauge']> {
  return instances === undefined ? { mean } : { mean, instances }
}

function sameShape(a: Reading, b: Reading): boolean {
  const sameEdges =
    a.edgesMs.length === b.edgesMs.length && a.edgesMs.every((edge, k) => edge === b.edgesMs[k])
  return a.epoch === b.epoch && sameEdges && a.latency.length === b.latency.length
}

function codeOf(arm: Arm): 0 | 1 {
  return arm === 'candidate' ? 0 : 1
}

function keyOf(source: string, metric: string, arm: Arm): string {
  return JSON.stringify([source, metric, arm])
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
