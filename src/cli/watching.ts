import { createLogUpdate } from 'log-update'
import type { LiveView } from '../contract/live-view.ts'
import type { RolloutView } from '../contract/rollout-view.ts'
import type { Result } from '../core/kernel/result.ts'
import type { Client } from './client.ts'
import { drawRollout } from './draw/draw-rollout.ts'
import { drawTimeline } from './draw/draw-timeline.ts'
import { EXIT, exitOf } from './exit-codes.ts'
import { followRollout, type Listener } from './live-client.ts'
import { done, type Failure, type Outcome } from './outcome.ts'
import type { Session } from './session.ts'

/** Spinning faster tires eyes; durations change once a second. */
const REDRAW_EVERY_MS = 500

/**
 * Watches a rollout until it is over. A terminal gets a picture that is redrawn; anything else
 * gets one line per thing that happens. Where nobody sits in front of it, it also ends as soon as
 * a person has to decide: a pipeline cannot.
 */
export async function watchRollout(session: Session, client: Client, id: string): Promise<Outcome> {
  const isTerminal = session.io.stdout.isTTY === true && !session.json
  const followed = isTerminal
    ? await followInTerminal(session, client, id)
    : await followAsLines(session, client, id)
  if (!followed.ok) return followed
  const view = followed.value
  const isStopped = session.io.interrupted.aborted && view.outcome === null
  const { ink, io } = session
  const lines = isTerminal
    ? drawRollout({ view, live: null, ink, now: io.clock.now(), width: io.stdout.columns ?? 80 })
    : [`${view.workload} ${view.release}: ${view.phase}: ${view.because}`]
  return done(view, lines, isStopped ? EXIT.done : exitOf(view.exitCode))
}

async function followInTerminal(
  session: Session,
  client: Client,
  id: string,
): Promise<Result<RolloutView, Failure>> {
  const { io, ink } = session
  const update = createLogUpdate(io.stdout)
  let view: RolloutView | null = null
  let live: LiveView | null = null
  const draw = () => {
    if (view === null) return
    const width = io.stdout.columns ?? 80
    update(drawRollout({ view, live, ink, now: io.clock.now(), width }).join('\n'))
  }
  const redraw = setInterval(draw, REDRAW_EVERY_MS)
  const listener: Listener = {
    rollout(next) {
      view = next
      draw()
      return false
    },
    live(next) {
      live = next
    },
    timeline: () => undefined,
  }
  try {
    return await followRollout(client, id, listener, io)
  } finally {
    clearInterval(redraw)
    update.clear()
    update.done()
  }
}

async function followAsLines(
  session: Session,
  client: Client,
  id: string,
): Promise<Result<RolloutView, Failure>> {
  const { io, ink, json } = session
  const listener: Listener = {
    // Twelve is the only code that a rollout has before its end: a person has to decide.
    rollout: (view) => view.outcome === null && view.exitCode === EXIT.waiting,
    live: () => undefined,
    timeline(entries) {
      if (json) return
      for (const line of drawTimeline(entries, ink)) io.stdout.write(`${line}\n`)
    },
  }
  return followRollout(client, id, listener, io)
}
