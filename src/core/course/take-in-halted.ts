import { type Result, yes } from '../kernel/result.ts'
import type { RolloutCommand, RolloutRefusal } from '../rollout/commands.ts'
import type { RolloutEvent } from '../rollout/events.ts'
import { halt, taken } from '../rollout/signals.ts'
import { bypassWatch } from './bypass-watch.ts'
import type { Course } from './course.ts'

/**
 * Takes in a signal while the rollout is halted. It is recorded; and while a bypass leaves users
 * on the candidate, one that would halt and began after the bypass took effect says that it has
 * not helped, so it is decided anew.
 */
export function takeInHalted(
  { signal, now }: Extract<RolloutCommand, { type: 'take-signal' }>,
  state: Course,
): Result<readonly RolloutEvent[], RolloutRefusal> {
  const { rollout, response } = state
  if (rollout === null) return yes([])
  // Nothing that was recorded stops a mitigation: past the limit a signal is merely not kept.
  const { events } = taken(rollout, signal, now)
  const fired = events.find((event) => event.type === 'signal.fired')
  if (fired?.data.effect !== 'halt' || response?.stage.at !== 'in-effect') return yes(events)
  if (bypassWatch(state) === null || signal.startsAt < response.stage.since) return yes(events)
  return yes([...events, halt(rollout, signal, fired.data.group ?? '', now)])
}
