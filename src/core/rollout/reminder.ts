import { DAY, type Instant, MINUTE, sayDuration } from '../kernel/instant.ts'
import type { RolloutEvent } from './events.ts'
import { disquiet } from './heed.ts'
import { groupAt, type Rollout } from './state.ts'

/** A person who said nothing in this time is reminded; each further reminder waits twice as long. */
const REMIND_FIRST_MS = 30 * MINUTE
/** A reminder that comes less than daily is about something that everybody has forgotten. */
const REMIND_MAX_MS = DAY

/** What a person is waited for, and since when. */
interface Waiting {
  readonly for: 'promote' | 'resume' | 'signals'
  readonly what: string
}

/** When a person is next reminded of a rollout that waits for them; null when it waits for nobody. */
export function reminderDueAt(rollout: Rollout): Instant | null {
  if (waitingFor(rollout) === null) return null
  const { times, at } = rollout.reminded
  return at + Math.min(REMIND_FIRST_MS * 2 ** times, REMIND_MAX_MS)
}

/** The reminder, when it is due. No wait is for ever, not even one for a person. */
export function remind(rollout: Rollout, now: Instant): readonly RolloutEvent[] {
  const waiting = waitingFor(rollout)
  const dueAt = reminderDueAt(rollout)
  if (waiting === null || dueAt === null || now < dueAt) return []
  const because = `${waiting.what}; nothing happened for ${sayDuration(now - rollout.reminded.at)}`
  return [{ type: 'rollout.reminded', data: { for: waiting.for, because, at: now } }]
}

function waitingFor(rollout: Rollout): Waiting | null {
  const { paused, stage } = rollout
  if (paused !== null) {
    const what = `${paused.by} paused it (${paused.because}): it waits for 'resume' or 'abort'`
    return { for: 'resume', what }
  }
  if (stage.at === 'waiting' && stage.for === 'signals') {
    const why = disquiet(rollout)?.because ?? 'it is quiet again'
    const what = `group '${groupAt(rollout, stage.index).name}' is not opened: ${why}. Look at it, or promote the group by hand`
    return { for: 'signals', what }
  }
  if (stage.at !== 'waiting' || stage.for !== 'promote') return null
  const what = `group '${groupAt(rollout, stage.index).name}' waits for 'promote'`
  return { for: 'promote', what }
}
