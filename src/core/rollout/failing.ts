import { z } from 'zod'
import { Verdict } from '../words/verdict.ts'

/** What made a rollout halt. The decision tree sees it as `failure`. */
export const Failing = z.object({
  kind: z.enum(['verdict', 'health', 'smoke', 'deploy', 'no-data', 'operator', 'alert', 'report']),
  group: z.string(),
  /** One sentence for the timeline. */
  because: z.string(),
  /** Names of the metrics whose evidence crossed. */
  metrics: z.array(z.string()),
  /** The routes that fail most, worst first; empty when it cannot be told. */
  routes: z.array(z.string()),
  verdict: Verdict.nullable(),
})
export type Failing = z.output<typeof Failing>

/** Whether a failure says something about the release: a person's wish and a blind source do not. */
export function blamesRelease({ kind }: Failing): boolean {
  return kind !== 'operator' && kind !== 'no-data'
}
