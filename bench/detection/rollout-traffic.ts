import { add, NOTHING } from '../../src/core/detect/counter.ts'
import type { Arm } from '../../src/core/detect/reading.ts'
import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import { LATENCY_EDGES_MS } from '../../src/ports/router.ts'
import { CounterResets } from './counter-resets.ts'
import { makeHosts } from './hosts.ts'
import type { Cumulative, Look } from './look.ts'
import { stream } from './random.ts'
import { type Served, SideTraffic } from './side-traffic.ts'
import type { Side, World } from './world.ts'

/** When every simulated rollout begins. */
export const STARTED_AT: Instant = 1_800_000_000_000

const NEVER: Cumulative = {
  epoch: '0',
  requests: 0,
  errors: 0,
  latency: LATENCY_EDGES_MS.map(() => 0).concat(0),
  routes: {},
}

/** The traffic of one rollout in one world, drawn from one seed, look by look. */
export class RolloutTraffic {
  readonly #sides: Readonly<Record<Side, SideTraffic>>
  readonly #resets: CounterResets | null
  #arms: Record<Arm, Cumulative> = { candidate: NEVER, control: NEVER }
  #seconds = 0

  constructor(world: World, seed: number) {
    const side = (name: Side, born: number | null) =>
      new SideTraffic(
        world,
        name,
        makeHosts(world, name, world.hosts[name], born, seed),
        stream(`${world.name}/traffic/${name}`, seed),
      )
    this.#sides = {
      candidate: side('candidate', 0),
      baseline: side('baseline', 0),
      fleet: side('fleet', null),
    }
    this.#resets = world.resets
      ? new CounterResets(world.hosts.fleet, stream(`${world.name}/resets`, seed))
      : null
  }

  /** What is seen before the first request. */
  first(): Look {
    return this.#look({ candidate: NOTHING, baseline: NOTHING, fleet: NOTHING })
  }

  /** Lets requests come for a while and looks. */
  next(tick: Millis): Look {
    const forSeconds = tick / 1000
    const candidate = this.#sides.candidate.serve(this.#seconds, forSeconds)
    const baseline = this.#sides.baseline.serve(this.#seconds, forSeconds)
    const fleet = this.#sides.fleet.serve(this.#seconds, forSeconds)
    this.#seconds += forSeconds
    this.#arms = {
      candidate: sum(this.#arms.candidate, candidate),
      control: sum(sum(this.#arms.control, baseline), fleet),
    }
    if (this.#resets !== null) this.#arms = this.#resets.befall(this.#arms, forSeconds)
    return this.#look({ candidate, baseline, fleet })
  }

  #look(fresh: Look['fresh']): Look {
    const at = STARTED_AT + Math.round(this.#seconds * 1000)
    return { at, seconds: this.#seconds, arms: this.#arms, fresh }
  }
}

function sum(before: Cumulative, served: Served): Cumulative {
  const routes = { ...before.routes }
  for (const [route, { requests, errors }] of Object.entries(served.routes)) {
    const old = routes[route] ?? { requests: 0, errors: 0 }
    routes[route] = { requests: old.requests + requests, errors: old.errors + errors }
  }
  return { epoch: before.epoch, routes, ...add(before, served) }
}
