import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import type { Instant } from '../../core/kernel/instant.ts'
import { incidentStream, postmortemStream, rolloutStream } from '../../engine/streams.ts'
import type { StoredEvent } from '../../ports/event-store.ts'
import type { ServerParts } from '../parts.ts'
import { liveViewOf } from '../views/live-view-of.ts'
import { rolloutViewOf } from '../views/rollout-view-of.ts'
import { cursorOf } from './cursor.ts'

/** Sentences such as "in 3m" age; facts are noticed at the next look. */
const REDRAW_EVERY_MS = 5_000
/** After the end, the last messages and the postmortem's draft usually follow within this. */
const LINGER_MS = 20_000

/** A rollout as it was at one look. */
export interface Look {
  /** Grows with every change. */
  readonly number: number
  readonly drawnAt: Instant
  readonly view: RolloutView
  readonly history: readonly StoredEvent[]
  readonly live: LiveView | null
  /** Nothing more will happen. */
  readonly settled: boolean
}

type Parts = Pick<ServerParts, 'control' | 'store' | 'clock'>

/**
 * Looks at a rollout once more. Asking whether there are new facts is cheap; the whole picture is
 * drawn only when there are, or when its sentences have aged. An unchanged view stays the same
 * object, so that readers see at once that it is.
 */
export async function takeLook(
  parts: Parts,
  id: string,
  before: Look | null,
): Promise<Look | null> {
  const { control, clock } = parts
  const now = clock.now()
  const seen = await control.live(id)
  const live = seen === null ? null : liveViewOf(seen)
  const isFresh =
    before !== null &&
    // What its workload makes of it comes after the end, in a stream that others write to as well.
    before.view.outcome === null &&
    now - before.drawnAt < REDRAW_EVERY_MS &&
    !(await hasNews(parts, id, before))
  if (isFresh) return changed(before, { ...before, live, settled: false })
  const [record, history] = await Promise.all([control.read(id), control.history(id)])
  const view = record === null ? null : rolloutViewOf(record, history, now)
  if (view === null) return before
  const settled = isSettled(view, history, now)
  return changed(before, { number: 0, drawnAt: now, view, history, live, settled })
}

async function hasNews({ store }: Parts, id: string, { history }: Look): Promise<boolean> {
  const cursor = cursorOf(history)
  const streams = [rolloutStream(id), incidentStream(id), postmortemStream(id)]
  const news = await Promise.all(streams.map((name) => store.read(name, cursor[name] ?? 0)))
  return news.some(({ length }) => length > 0)
}

/** Numbers a look: one that shows nothing new keeps the number of the one before. */
function changed(before: Look | null, look: Look): Look {
  if (before === null) return { ...look, number: 1 }
  const isSameView = JSON.stringify(before.view) === JSON.stringify(look.view)
  const isSame =
    isSameView &&
    before.history.length === look.history.length &&
    before.live?.at === look.live?.at &&
    before.settled === look.settled
  return {
    ...look,
    view: isSameView ? before.view : look.view,
    number: isSame ? before.number : before.number + 1,
  }
}

/**
 * Over, given back to its workload, and everybody who has to hear of it has heard; or that takes
 * longer than anybody watches.
 */
function isSettled(view: RolloutView, history: readonly StoredEvent[], now: Instant): boolean {
  const { outcome, incident, postmortem, times } = view
  if (outcome === null) return false
  if (times.endedAt !== null && now - times.endedAt >= LINGER_MS) return true
  const isGivenBack = history.some(({ type }) => type === 'rollout.released')
  const isTold =
    incident !== null &&
    incident.resolvedAt !== null &&
    incident.messages.every(({ state }) => state !== 'owed')
  if (outcome.kind === 'completed') return isGivenBack && (incident === null || isTold)
  return isGivenBack && isTold && postmortem !== null && postmortem.path !== null
}
