import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import type { Smoke } from '../../core/strategy/connections.ts'

/** The failure when the effect's own deadline ended a test: nothing is known of the candidate. */
export function outOfTime({ name, http }: Smoke): DriverFailure {
  const changes = http !== undefined && http.method !== 'GET' && http.method !== 'HEAD'
  const what = `there was no time left for smoke test '${name}'`
  return failure('timed-out', changes ? 'after-looking' : 'safe', what)
}
