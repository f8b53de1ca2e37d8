import { type Millis, sayDuration } from '../kernel/instant.ts'

/** What users got, between two looks. */
export interface Experience {
  readonly requests: number
  readonly errors: number
}

export type Recovery =
  | { readonly state: 'well'; readonly because: string }
  | { readonly state: 'not-yet'; readonly because: string }

/** An error rate at or below this is ordinary life on most services; above it the old stack's own rate decides. */
const ORDINARY_ERROR_RATE = 0.01
/** How much worse than before the rollout's failure the old stack may be while it takes all traffic. */
const WORSE_THAN_BEFORE_MAX = 2
/** Where every second request fails nobody is well, whatever was usual before. */
const ERROR_RATE_MAX = 0.5

/**
 * Whether users are well on the stack that is left. `window` is what they got since the traffic
 * was back; `before` is what the old stack gave during the rollout. Users who send nothing for
 * the whole window cannot be hurt, and the sentence says that nothing more could be seen.
 */
export function judgeRecovery(
  window: Experience,
  before: Experience,
  elapsedMs: Millis,
  forMs: Millis,
): Recovery {
  if (elapsedMs < forMs)
    return {
      state: 'not-yet',
      because: `watched for ${sayDuration(elapsedMs)} of ${sayDuration(forMs)}`,
    }
  if (window.requests === 0) {
    return {
      state: 'well',
      because: `no request came in ${sayDuration(elapsedMs)}: nobody is affected, and nothing more can be seen`,
    }
  }
  const rate = window.errors / window.requests
  const usual = before.requests === 0 ? 0 : before.errors / before.requests
  const worse = Math.min(WORSE_THAN_BEFORE_MAX * usual, ERROR_RATE_MAX)
  const allowed = Math.max(ORDINARY_ERROR_RATE, worse)
  const says = `${window.errors} of ${window.requests} requests failed in ${sayDuration(elapsedMs)}`
  return rate <= allowed
    ? { state: 'well', because: says }
    : {
        state: 'not-yet',
        because: `${says}, more than the ${percent(allowed)} that is ordinary here`,
      }
}

function percent(rate: number): string {
  return `${Math.round(rate * 10_000) / 100} %`
}
