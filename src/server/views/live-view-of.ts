import type { LiveView } from '../../contract/live-view.ts'
import type { Live } from '../../engine/control.ts'
import { verdictOf } from './verdict-of.ts'

/** What the holder of a rollout last saw, as JSON can carry it. */
export function liveViewOf(live: Live): LiveView {
  const stacks = Object.fromEntries(
    Object.entries(live.stacks).map(([stack, { requests, errors, perSecond, share }]) => [
      stack,
      { requests, errors, perSecond, share: Math.round(share) },
    ]),
  )
  const verdict = live.verdict === null ? null : verdictOf(live.verdict)
  const { at, foresight, doing } = live
  return { at, stacks, verdict, foresight, doing }
}
