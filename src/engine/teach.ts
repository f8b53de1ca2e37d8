import { LESSONS_VERSION, type Learnt } from '../core/detect/lessons.ts'
import type { EventStore } from '../ports/event-store.ts'

/**
 * What past good rollouts of a workload taught, as it is kept between rollouts. It may be lost:
 * then it is learnt again, and until then every start is believed to be the usual one.
 */
interface Kept {
  readonly version: typeof LESSONS_VERSION
  /** The rollout that taught last, so that none teaches twice. */
  readonly by: string
  readonly learnt: Learnt
}

const keyOf = (workload: string) => `learnt/${workload}`

/** What is known of the workload's habits; nothing where nothing readable is kept. */
export async function recallLessons(store: EventStore, workload: string): Promise<Learnt> {
  const kept = await store.loadCheckpoint(keyOf(workload))
  return isKept(kept) ? kept.learnt : {}
}

/** Keeps what a rollout taught that ended well. Told again by the same rollout, it changes nothing. */
export async function keepLessons(
  store: EventStore,
  workload: string,
  by: string,
  learnt: Learnt,
): Promise<void> {
  const before = await store.loadCheckpoint(keyOf(workload))
  if (isKept(before) && before.by === by) return
  const kept: Kept = { version: LESSONS_VERSION, by, learnt }
  await store.saveCheckpoint(keyOf(workload), kept)
}

/** Lessons are written by this very file: the version vouches for the rest of the shape. */
function isKept(kept: unknown): kept is Kept {
  return (
    typeof kept === 'object' &&
    kept !== null &&
    'version' in kept &&
    kept.version === LESSONS_VERSION
  )
}
