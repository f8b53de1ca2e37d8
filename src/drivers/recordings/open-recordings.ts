import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalEntry, JournalHead } from '../../core/backtest/journal.ts'
import { JournalWriter } from '../../core/backtest/journal-lines.ts'
import { type Instant, MINUTE, type Millis, SECOND } from '../../core/kernel/instant.ts'
import type { Recorder } from '../../ports/recorder.ts'
import { PRIVATE_FOLDER } from '../support/durable-file.ts'

/** Recordings are read by who operates goaround; they hold counts and names of releases. */
const READABLE_FILE = 0o644
const MIB = 1024 * 1024

/**
 * How often answers are kept as a recording grows: all of them at first, then one per source in so
 * long. Counters are cumulative, so a thinner recording is coarser and still true. Two looks a second
 * at two metrics of the router fill the first part in about eleven hours.
 */
const THINNING: readonly { readonly upToBytes: number; readonly every: Millis }[] = [
  { upToBytes: 32 * MIB, every: 0 },
  { upToBytes: 48 * MIB, every: 10 * SECOND },
  { upToBytes: 64 * MIB, every: MINUTE },
]
/** The oldest recordings go when there are more than this, or when together they are larger than that. */
const RECORDINGS_MAX = 200
const TOGETHER_BYTES_MAX = 2048 * MIB
/** What a crash may lose; a line written by itself would cost a system call per look. */
const FLUSH_EVERY_MS = 2 * SECOND
/** A rollout of which nothing was heard for this long is over, or held elsewhere. */
const IDLE_AFTER_MS = 10 * MINUTE
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/
const ENDING = '.jsonl'

interface Open {
  readonly path: string
  readonly writer: JournalWriter
  readonly heardAt: Map<string, Instant>
  /** Bytes on disk and in memory; null until the file was looked at. */
  bytes: number
  lines: string[]
  verdict: string | null
  notedAt: Instant
}

/** Keeps one recording per rollout as a file of JSON lines in a folder, bounded in size and in number. */
export function openRecordings(folder: string, trouble: (says: string) => void): Recorder {
  const open = new Map<string, Open>()
  let writing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | null = null
  let troubled = false

  function openOne(head: JournalHead): Open {
    const one: Open = {
      path: join(folder, `${head.rollout}${ENDING}`),
      writer: new JournalWriter(),
      heardAt: new Map(),
      bytes: 0,
      lines: [],
      verdict: null,
      notedAt: 0,
    }
    open.set(head.rollout, one)
    writing = writing.then(begin).catch(saidOnce)
    async function begin(): Promise<void> {
      one.bytes += await beginFile(folder, one, head)
      await prune(folder, new Set([...open.values()].map(({ path }) => path)))
    }
    return one
  }

  async function flush(): Promise<void> {
    const newest = Math.max(...[...open.values()].map(({ notedAt }) => notedAt))
    for (const [rollout, one] of open) {
      const { lines } = one
      one.lines = []
      if (lines.length > 0) await appendFile(one.path, lines.join(''))
      else if (newest - one.notedAt > IDLE_AFTER_MS) open.delete(rollout)
    }
  }

  function saidOnce(error: unknown): void {
    if (troubled) return
    troubled = true
    trouble(
      `rollouts cannot be recorded in ${folder} (${String(Object(error).code ?? error)}); detection goes on without`,
    )
  }

  function flushSoon(): void {
    timer ??= setTimeout(() => {
      timer = null
      writing = writing.then(flush).catch(saidOnce)
    }, FLUSH_EVERY_MS).unref()
  }

  return {
    note(head, entry) {
      if (!NAME.test(head.rollout)) return
      const one = open.get(head.rollout) ?? openOne(head)
      one.notedAt = entry.at
      if (!isKept(one, entry)) return
      const line = `${one.writer.line(entry)}\n`
      one.bytes += Buffer.byteLength(line)
      one.lines.push(line)
      flushSoon()
    },
    async close() {
      if (timer !== null) clearTimeout(timer)
      writing = writing.then(flush).catch(saidOnce)
      await writing
    },
  }
}

/** Goes on with the file of an earlier process, or begins one; answers how long it is. */
async function beginFile(
  folder: string,
  { path, writer }: Pick<Open, 'path' | 'writer'>,
  head: JournalHead,
): Promise<number> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  // A line that a crash cut off ends here, so that the next one stands alone.
  await appendFile(path, size > 0 ? '\n' : `${writer.head(head)}\n`, { mode: READABLE_FILE })
  return size
}

/** Whether there is room for an entry, and whether it says anything new. */
function isKept(one: Open, entry: JournalEntry): boolean {
  const part = THINNING.find(({ upToBytes }) => one.bytes < upToBytes)
  if (part === undefined) return false
  if (entry.kind === 'opened') one.verdict = null
  if (entry.kind === 'judged') {
    if (entry.verdict === one.verdict) return false
    one.verdict = entry.verdict
  }
  if (entry.kind !== 'heard') return true
  const before = one.heardAt.get(entry.poll.source) ?? Number.NEGATIVE_INFINITY
  if (entry.at - before < part.every) return false
  one.heardAt.set(entry.poll.source, entry.at)
  return true
}

async function prune(folder: string, inUse: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING))
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { size, mtimeMs } = await stat(path)
      return { path, size, mtimeMs }
    }),
  )
  let [count, bytes] = [0, 0]
  for (const { path, size } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    count += 1
    bytes += size
    if ((count > RECORDINGS_MAX || bytes > TOGETHER_BYTES_MAX) && !inUse.has(path)) await rm(path)
  }
}
