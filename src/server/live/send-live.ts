import type { SSEStreamingApi } from 'hono/streaming'
import type { TimelineEntry } from '../../contract/timeline-view.ts'
import type { Millis } from '../../core/kernel/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import { tellTimeline } from '../views/tell-timeline.ts'
import { type Cursor, cursorOf, upTo, writeCursor } from './cursor.ts'
import type { Watching } from './feeds.ts'
import type { Look } from './look.ts'

/** Proxies give up on a silent answer after 30 to 60 seconds. */
const HEARTBEAT_MS = 15_000
/** A reader that takes nothing for this long is gone, or might as well be. */
const WRITE_WITHIN_MS: Millis = 30_000

/**
 * Sends a rollout as it goes on until it is settled, the reader goes or the server stops. Every
 * picture is whole, so that a slow reader skips pictures and misses no sentence: those are told
 * from where the reader has come to.
 */
export async function sendLive(
  stream: SSEStreamingApi,
  watching: Watching,
  from: Cursor,
  { clock, stopping }: { readonly clock: Clock; readonly stopping: AbortSignal },
): Promise<void> {
  const gone = new AbortController()
  stream.onAbort(() => gone.abort())
  const signal = AbortSignal.any([gone.signal, stopping])
  let said = from
  let last: Look | null = null
  while (!signal.aborted) {
    const look = await nextWithin(watching, last?.number ?? 0, signal, clock)
    if (signal.aborted) return
    const write = look === null ? stream.write(': still here\n\n') : send(stream, look, last, said)
    if (!(await inTime(write, clock))) return stream.abort()
    if (look === null) continue
    said = cursorOf(look.history)
    last = look
    if (look.settled) return
  }
}

async function send(
  stream: SSEStreamingApi,
  look: Look,
  last: Look | null,
  said: Cursor,
): Promise<void> {
  const id = writeCursor(cursorOf(look.history))
  const entries = news(look, said)
  if (entries.length > 0) {
    await stream.writeSSE({ event: 'timeline', id, data: JSON.stringify({ entries }) })
  }
  if (look.view !== last?.view) {
    await stream.writeSSE({ event: 'rollout', id, data: JSON.stringify(look.view) })
  }
  if (look.live !== null && look.live.at !== last?.live?.at) {
    await stream.writeSSE({ event: 'live', data: JSON.stringify(look.live) })
  }
  if (look.settled) {
    await stream.writeSSE({ event: 'end', data: JSON.stringify({ because: look.view.because }) })
  }
}

/** The sentences about facts that the reader has not heard of. */
function news(look: Look, said: Cursor): readonly TimelineEntry[] {
  const heard = tellTimeline(upTo(said, look.history)).map(keyOf)
  return tellTimeline(look.history).filter((entry) => {
    const place = heard.indexOf(keyOf(entry))
    if (place === -1) return true
    heard.splice(place, 1)
    return false
  })
}

/** Not the sentence: a person's name in it gives way to their role once that is known. */
function keyOf({ at, kind }: TimelineEntry): string {
  return `${at} ${kind}`
}

async function nextWithin(
  watching: Watching,
  after: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<Look | null> {
  const over = new AbortController()
  const stop = () => over.abort()
  signal.addEventListener('abort', stop, { once: true })
  void clock.until(clock.now() + HEARTBEAT_MS, over.signal).then(stop)
  try {
    return await watching.next(after, over.signal)
  } finally {
    stop()
    signal.removeEventListener('abort', stop)
  }
}

async function inTime(write: Promise<unknown>, clock: Clock): Promise<boolean> {
  const done = new AbortController()
  const late = clock.until(clock.now() + WRITE_WITHIN_MS, done.signal).then(() => false)
  const written = write.then(() => true)
  const result = await Promise.race([written, late])
  done.abort()
  return result
}
