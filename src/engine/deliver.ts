import type { IncidentCommand, Outgoing } from '../core/communicate/incident.ts'
import { failure } from '../core/kernel/failure.ts'
import { isoInstant } from '../core/kernel/instant.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import type { EngineContext } from './context.ts'
import { withDeadline } from './deadline.ts'

/** A channel that did not accept a message in this time is tried again later. */
const DELIVER_WITHIN_MS = 30_000

/** Delivers one message once and reports what the other side said. */
export async function deliverMessage(
  message: Outgoing,
  strategy: Strategy,
  { clock, drivers }: EngineContext,
  tell: (command: IncidentCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const channel = await drivers.channel(strategy, message.channel)
  const { id, audience, subject, text } = message
  const receipt = channel.ok
    ? await withDeadline(clock, clock.now() + DELIVER_WITHIN_MS, signal, (ended) =>
        channel.value.deliver(
          { id, audience, subject, text, sentAt: isoInstant(message.at) },
          { effectId: id, signal: ended },
        ),
      )
    : channel
  if (signal.aborted) return
  const now = clock.now()
  if (receipt.ok)
    await tell({ type: 'report-delivered', id, evidence: receipt.value.evidence, now })
  else
    await tell({
      type: 'report-failure',
      id,
      failure: receipt.problem ?? failure('unclear', 'safe', 'no answer'),
      now,
    })
}
