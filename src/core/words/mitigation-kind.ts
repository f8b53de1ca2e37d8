import { z } from 'zod'

/**
 * The ways out of a failing rollout. `fallback` moves all traffic to the old stack; `rollback`
 * restores the whole last known good state; `bypass` switches the faulty part off; `hotfix`
 * rolls forward; `hold` keeps everything as it is until a person decides.
 */
export const MitigationKind = z.enum(['fallback', 'rollback', 'bypass', 'hotfix', 'hold'])
export type MitigationKind = z.output<typeof MitigationKind>
