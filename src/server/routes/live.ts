import { streamSSE } from 'hono/streaming'
import type { Gauge } from 'prom-client'
import { no, yes } from '../../core/kernel/result.ts'
import type { Handlers } from '../calls.ts'
import { readCursor } from '../live/cursor.ts'
import { openFeeds } from '../live/feeds.ts'
import { sendLive } from '../live/send-live.ts'
import type { ServerLimits, ServerParts } from '../parts.ts'
import { findRollout } from './find-rollout.ts'

/** Rollouts as they go on. The number of open streams is bounded, for all and for each caller. */
export function liveHandlers(
  parts: ServerParts,
  limits: ServerLimits,
  { stopping, open }: { readonly stopping: AbortSignal; readonly open: Gauge },
): Pick<Handlers, 'watchRollout'> {
  const feeds = openFeeds(parts)
  const streams = new Map<string, number>()
  let total = 0

  function count(caller: string, change: 1 | -1): void {
    total += change
    const mine = (streams.get(caller) ?? 0) + change
    if (mine === 0) streams.delete(caller)
    else streams.set(caller, mine)
    open.set(total)
  }

  return {
    async watchRollout({ params: { id }, from }, context) {
      const caller = from.actor.name
      const found = await findRollout(parts, id)
      if (!found.ok) return found
      const isFull =
        total >= limits.streamsMax || (streams.get(caller) ?? 0) >= limits.streamsPerCallerMax
      if (isFull || stopping.aborted) return no({ code: 'too-many-streams' })
      count(caller, 1)
      const cursor = readCursor(context.req.header('last-event-id'))
      return yes(
        streamSSE(context, async (stream) => {
          const watching = feeds.watch(id)
          try {
            await sendLive(stream, watching, cursor, { clock: parts.clock, stopping })
          } catch (error) {
            // Told here, because the stream's own way is to tell the reader what broke.
            parts.log.error({ rollout: id, error: String(error) }, 'a live stream broke off')
          } finally {
            watching.leave()
            count(caller, -1)
          }
        }),
      )
    },
  }
}
