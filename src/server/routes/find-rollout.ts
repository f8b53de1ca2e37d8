import type { RolloutView } from '../../contract/rollout-view.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { ServerParts } from '../parts.ts'
import type { Trouble } from '../problems.ts'
import { rolloutViewOf } from '../views/rollout-view-of.ts'

/** A rollout as it is now, or that there is none of this name. */
export async function findRollout(
  { control, clock }: Pick<ServerParts, 'control' | 'clock'>,
  id: string,
): Promise<Result<RolloutView, Trouble>> {
  const record = await control.read(id)
  const view =
    record === null ? null : rolloutViewOf(record, await control.history(id), clock.now())
  return view === null
    ? no({ code: 'not-found', detail: `no rollout is called "${id}"` })
    : yes(view)
}
