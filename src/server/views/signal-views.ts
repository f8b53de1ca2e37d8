import type { SignalView } from '../../contract/rollout-view.ts'
import type { HeldSignal, Rollout } from '../../core/rollout/state.ts'

/** More than this is not read in one picture; what fires goes first, then the newest. */
const SHOWN_MAX = 50

/** What was heard from outside about a rollout, the most pressing first. */
export function signalViews({ signals }: Rollout): readonly SignalView[] {
  return signals
    .toSorted((a, b) => rank(a) - rank(b) || b.startsAt - a.startsAt)
    .slice(0, SHOWN_MAX)
}

function rank({ status, effect }: HeldSignal): number {
  if (status === 'resolved') return 3
  return { halt: 0, hold: 1, record: 2 }[effect]
}
