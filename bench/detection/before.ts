import { add, type Counts, NOTHING } from '../../src/core/detect/counter.ts'
import { MINUTE, type Millis, SECOND } from '../../src/core/kernel/instant.ts'
import { makeHosts } from './hosts.ts'
import { stream } from './random.ts'
import { SideTraffic } from './side-traffic.ts'
import type { World } from './world.ts'

/** How many good starts are remembered. */
const STARTS = 10
/** How much of each: longer than any fresh process takes to warm up. */
const START_MS: Millis = 5 * MINUTE
const START_STEP_MS: Millis = 5 * SECOND
/** How long the running release is looked back at, and in which windows. */
const LOOK_BACK_MINUTES = 60

/** Both arms within one stretch of a past start; `ageMs` is its end, counted from the start. */
export interface StartStretch {
  readonly ageMs: Millis
  readonly candidate: Counts
  readonly control: Counts
}

/** What went before a rollout, for detectors that learn from it. */
export interface Before {
  /** Per old host of the fleet, its minutes of the last hour, the oldest first. */
  readonly hosts: readonly (readonly Counts[])[]
  /** Earlier rollouts of releases that were well: their first minutes, in stretches of five seconds. */
  readonly starts: readonly (readonly StartStretch[])[]
}

/** Draws what went before the rollout of this seed: the same old hosts, and fresh ones for each past start. */
export function whatWentBefore(world: World, seed: number): Before {
  return { hosts: lastHour(world, seed), starts: pastStarts(world, seed) }
}

function lastHour(world: World, seed: number): Before['hosts'] {
  const count = world.hosts.fleet
  const one = shareOf(world, count)
  return makeHosts(world, 'fleet', count, null, seed).map((host, k) => {
    const random = stream(`${world.name}/before/${k}`, seed)
    const traffic = new SideTraffic(one, 'fleet', [host], random)
    return Array.from({ length: LOOK_BACK_MINUTES }, (_, minute) =>
      traffic.serve((minute - LOOK_BACK_MINUTES) * 60, 60),
    )
  })
}

/** The same world with the fleet's traffic divided by `parts`. */
function shareOf(world: World, parts: number): World {
  return { ...world, perSecond: { ...world.perSecond, fleet: world.perSecond.fleet / parts } }
}

function pastStarts(world: World, seed: number): Before['starts'] {
  const well = { ...world, fault: null, trouble: () => 1 }
  return Array.from({ length: STARTS }, (_none, start) => {
    const side = (name: 'candidate' | 'fleet', born: number | null) => {
      const hosts = makeHosts(well, `${name}/start ${start}`, well.hosts[name], born, seed)
      return new SideTraffic(well, name, hosts, stream(`${well.name}/start ${start}/${name}`, seed))
    }
    const [candidate, control] = [side('candidate', 0), side('fleet', null)]
    return Array.from({ length: START_MS / START_STEP_MS }, (_, step): StartStretch => {
      const seconds = (step * START_STEP_MS) / SECOND
      const lasts = START_STEP_MS / SECOND
      return {
        ageMs: (step + 1) * START_STEP_MS,
        candidate: add(NOTHING, candidate.serve(seconds, lasts)),
        control: add(NOTHING, control.serve(seconds, lasts)),
      }
    })
  })
}
