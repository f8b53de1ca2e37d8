import type { AnswerOf } from '../contract/endpoints.ts'
import type { RolloutView } from '../contract/rollout-view.ts'
import type { Result } from '../core/kernel/result.ts'
import type { Client } from './client.ts'
import { drawTitle } from './draw/draw-rollout.ts'
import { findId } from './find-id.ts'
import { done, type Failure, type Outcome } from './outcome.ts'
import type { Session } from './session.ts'

/** Finds the rollout that is meant, does something with it, and tells how it is afterwards. */
export async function withRollout(
  session: Session,
  name: string | undefined,
  act: (client: Client, id: string) => Promise<Result<AnswerOf<'getRollout'>, Failure>>,
): Promise<Outcome> {
  const client = await session.client()
  if (!client.ok) return client
  const id = await findId(client.value, name)
  if (!id.ok) return id
  const view = await act(client.value, id.value)
  return view.ok ? done(view.value, sayState(session, view.value)) : view
}

/** A rollout in two lines: what it is, and where it stands. */
export function sayState({ ink, io }: Session, view: RolloutView): readonly string[] {
  return [drawTitle(view, ink, io.clock.now()), view.because]
}
