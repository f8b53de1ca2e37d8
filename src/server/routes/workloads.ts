import { no, yes } from '../../core/kernel/result.ts'
import type { Handlers } from '../calls.ts'
import type { ServerParts } from '../parts.ts'
import { workloadViewOf } from '../views/workload-view-of.ts'

/** What is known of workloads, and the way out of quarantine. */
export function workloadHandlers({
  control,
}: ServerParts): Pick<Handlers, 'getWorkload' | 'liftQuarantine'> {
  return {
    getWorkload: async ({ params: { name } }) =>
      yes(workloadViewOf(name, await control.workload(name))),

    async liftQuarantine({ params: { name }, body, from }) {
      const outcome = await control.liftQuarantine(name, body, from)
      if (!outcome.ok) return no(outcome.problem)
      return yes(workloadViewOf(name, await control.workload(name)))
    },
  }
}
