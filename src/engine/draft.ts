import { digestOf } from '../core/kernel/hash.ts'
import { draftPostmortem } from '../core/learn/draft.ts'
import type { PostmortemCommand } from '../core/learn/postmortem.ts'
import type { EngineContext } from './context.ts'
import { historyOf } from './history.ts'

/** What could not be written is tried again after this. */
const AGAIN_AFTER_MS = 2_000

/** Writes the postmortem's draft from the whole history, where people will find it. */
export async function writeDraft(
  id: string,
  { store, drivers, clock, log }: EngineContext,
  tell: (command: PostmortemCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const text = draftPostmortem(await historyOf(store, id))
  const written = await drivers.documents.write(`postmortem-${id}.md`, text, {
    effectId: `${id}/postmortem`,
    signal,
  })
  if (signal.aborted) return false
  if (!written.ok) {
    log.error(
      { rollout: id },
      `the postmortem's draft could not be written: ${written.problem.detail}`,
    )
    await clock.until(clock.now() + AGAIN_AFTER_MS, signal)
    return false
  }
  await tell({
    type: 'report-drafted',
    digest: digestOf(text),
    path: written.value.path,
    now: clock.now(),
  })
  return true
}
