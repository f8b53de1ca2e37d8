import type { Instant } from '../kernel/instant.ts'
import type { Response } from '../mitigate/response.ts'
import type { RolloutEvent } from '../rollout/events.ts'
import type { Rollout } from '../rollout/state.ts'

/**
 * What a mitigation that took effect means for the rollout: it is over, unless a bypass holds it
 * or, where the stakeholders approved that, lets it go on.
 */
export function afterEffect(
  rollout: Rollout,
  { decision }: Response,
  because: string,
  now: Instant,
): readonly RolloutEvent[] {
  const { choose, bypass } = decision
  if (choose !== 'bypass') {
    const outcome = `${choose} took effect: ${because}`
    return [{ type: 'rollout.ended', data: { outcome: 'mitigated', because: outcome, at: now } }]
  }
  const entry = rollout.strategy.mitigations.bypasses.find(({ name }) => name === bypass)
  if (entry?.afterwards !== 'continue') return []
  const goesOn = `bypass '${entry.name}' took effect, and its approval lets the rollout go on`
  return [{ type: 'rollout.resumed', data: { by: 'goaround', because: goesOn, at: now } }]
}
