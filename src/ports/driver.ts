import type { DriverFailure } from '../core/kernel/failure.ts'
import type { Result } from '../core/kernel/result.ts'

/** What every driver answers: a value, or a failure that says whether asking again is safe. Never throws. */
export type Answer<Value> = Promise<Result<Value, DriverFailure>>

/**
 * What comes with every effect. `effectId` is the same whenever the same effect is asked for
 * again; drivers pass it on to systems that can use it as an idempotency key. `signal` ends the
 * wait at the effect's deadline; what was already sent may still happen.
 */
export interface Ask {
  readonly effectId: string
  readonly signal: AbortSignal
}
