import { RolloutTraffic } from './rollout-traffic.ts'
import type { World } from './world.ts'

/** How many good rollouts a workload has behind it: some weeks of a team that releases now and then. */
export const PAST_ROLLOUTS = 10

/**
 * The rollouts that a workload has behind it: of good releases, in the same world on an ordinary
 * day, each with fresh hosts. Detectors that learn, learn from these.
 */
export function pastRollouts(world: World, workload: number): readonly RolloutTraffic[] {
  const past: World = {
    ...world,
    name: `${world.name}/past of ${workload}`,
    fault: null,
    trouble: () => 1,
  }
  return Array.from({ length: PAST_ROLLOUTS }, (_, k) => new RolloutTraffic(past, k))
}
