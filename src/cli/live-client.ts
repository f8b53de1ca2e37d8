import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { LiveView } from '../contract/live-view.ts'
import { LIVE_EVENTS } from '../contract/live-view.ts'
import type { RolloutView } from '../contract/rollout-view.ts'
import type { TimelineEntry } from '../contract/timeline-view.ts'
import { type Millis, SECOND } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Failure } from './outcome.ts'
import { unreachable } from './say-failure.ts'

/** The server says something every 15 seconds; three times nothing means that it is gone. */
const SILENCE_MAX_MS = 45 * SECOND
/** A restart or an upgrade of the server is over in this time. */
const GONE_MAX_MS: Millis = 60 * SECOND
const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 5 * SECOND

/** What a watcher hears. `rollout` answers true when it has seen enough. */
export interface Listener {
  readonly rollout: (view: RolloutView) => boolean
  readonly live: (live: LiveView) => void
  readonly timeline: (entries: readonly TimelineEntry[]) => void
}

/**
 * Follows a rollout until it is settled, the listener has seen enough or the person stops. A
 * broken connection is taken up again where it broke, so that no sentence is missed or repeated.
 * Answers the last picture.
 */
export async function followRollout(
  client: Client,
  id: string,
  listener: Listener,
  io: Pick<Io, 'clock' | 'interrupted'>,
): Promise<Result<RolloutView, Failure>> {
  let last: RolloutView | null = null
  let cursor: string | null = null
  let goneSince: number | null = null
  let wait = RETRY_FIRST_MS

  /** One connection. True when there is nothing more to hear. */
  async function listen(response: Response, alive: () => void): Promise<boolean> {
    if (response.body === null) return false
    const events = response.body
      .pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            alive()
            controller.enqueue(chunk)
          },
        }),
      )
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
    for await (const { event, data, id: at } of events) {
      if (at !== undefined) cursor = at
      const value: unknown = JSON.parse(data)
      if (event === 'timeline') listener.timeline(LIVE_EVENTS.timeline.parse(value).entries)
      if (event === 'live') listener.live(LIVE_EVENTS.live.parse(value))
      if (event === 'end') return true
      if (event === 'rollout') {
        last = LIVE_EVENTS.rollout.parse(value)
        goneSince = null
        wait = RETRY_FIRST_MS
        if (listener.rollout(last)) return true
      }
    }
    return false
  }

  while (!io.interrupted.aborted) {
    const silence = silenceWatch(io.interrupted)
    const headers: Record<string, string> = cursor === null ? {} : { 'last-event-id': cursor }
    const opened = await client.open(
      'watchRollout',
      { params: { id } },
      { headers, signal: silence.signal },
    )
    let trouble: Failure | null = opened.ok ? null : opened.problem
    let isOver = false
    if (opened.ok) {
      try {
        isOver = await listen(opened.value, silence.alive)
      } catch (error) {
        trouble = unreachable(client.server, error)
      }
    }
    silence.end()
    if (isOver && last !== null) return yes(last)
    const isFirst = last === null
    if (trouble !== null && (isFirst || trouble.exit !== EXIT.unreachable)) return no(trouble)
    const now = io.clock.now()
    goneSince ??= now
    if (trouble !== null && now - goneSince >= GONE_MAX_MS) return no(trouble)
    await io.clock.until(now + wait, io.interrupted)
    wait = Math.min(wait * 2, RETRY_MAX_MS)
  }
  return last === null
    ? no({ exit: EXIT.refused, says: 'stopped before anything was heard' })
    : yes(last)
}

/** Aborts when nothing is heard for too long, or when the person stops. */
function silenceWatch(interrupted: AbortSignal) {
  const controller = new AbortController()
  const stop = () => controller.abort()
  let timer = setTimeout(stop, SILENCE_MAX_MS)
  interrupted.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(timer)
      timer = setTimeout(stop, SILENCE_MAX_MS)
    },
    end: () => {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', stop)
      controller.abort()
    },
  }
}
