import { steadyRoute } from '../core/course/steady-route.ts'
import { type Rollout, routedComponent } from '../core/rollout/state.ts'
import type { Route } from '../core/step/step.ts'
import type { Lease } from '../ports/event-store.ts'
import type { EngineContext } from './context.ts'
import { withDeadline } from './deadline.ts'
import { showsShare } from './effects.ts'
import { Scribe } from './scribe.ts'
import { openStreams, openWorkload, type WorkloadStream } from './streams.ts'

/** How often the router is looked at between rollouts. */
const LOOK_EVERY_MS = 5_000
/** While a rollout holds the workload its keeper looks after the traffic; we look whether it still does. */
const HELD_LOOK_MS = 15_000
/** A router that does not answer in this time is looked at again later. */
const LOOK_WITHIN_MS = 10_000

/** The rollout that is over, and where it left the traffic. */
interface Settled {
  readonly last: string
  readonly rollout: Rollout | null
  readonly route: Route | null
}

/**
 * Looks after a workload between rollouts. Routers forget what they were told: HAProxy goes back to
 * the weights of its configuration with every reload, and that may be a release that failed. So the
 * traffic is kept where the last rollout left it, until the next one begins.
 */
export class Steward {
  readonly #context: EngineContext
  readonly #workload: WorkloadStream
  readonly #scribe: Scribe
  #wake = new AbortController()
  #settled: Settled | null = null

  constructor(context: EngineContext, name: string, lease: Lease) {
    this.#context = context
    this.#workload = openWorkload(context.store, name)
    this.#scribe = new Scribe(context, lease)
  }

  /** A rollout has begun or ended: look at once. */
  poke(): void {
    this.#wake.abort()
  }

  /** The lease is gone: nothing more may be asked for or recorded here. */
  lose(): void {
    this.#scribe.lose()
    this.#wake.abort()
  }

  /** Looks after the workload until there is nothing to look after (true) or the lease is lost (false). */
  async run(): Promise<boolean> {
    const { clock } = this.#context
    while (!this.#scribe.isLost()) {
      this.#wake = new AbortController()
      await this.#workload.refresh()
      const { active, last, stopped } = this.#workload.state()
      if (stopped) return true
      if (active === null && last === null) return true
      if (active === null && last !== null && !(await this.#lookAfter(last))) return true
      const wait = active === null ? LOOK_EVERY_MS : HELD_LOOK_MS
      await clock.until(clock.now() + wait, this.#wake.signal)
    }
    return false
  }

  /** False when the last rollout left nothing that could be kept. */
  async #lookAfter(last: string): Promise<boolean> {
    // What is over does not change: it is read once, not with every look.
    if (this.#settled?.last !== last) this.#settled = { last, ...(await this.#read(last)) }
    const { route, rollout } = this.#settled
    if (route === null || rollout === null) return false
    const { clock } = this.#context
    await withDeadline(clock, clock.now() + LOOK_WITHIN_MS, this.#wake.signal, (signal) =>
      this.#keep(rollout, route, signal),
    )
    return true
  }

  async #read(last: string): Promise<Pick<Settled, 'route' | 'rollout'>> {
    const { course } = openStreams(this.#context.store, last)
    await course.refresh()
    return { route: steadyRoute(course.state()), rollout: course.state().rollout }
  }

  async #keep(rollout: Rollout, route: Route, signal: AbortSignal): Promise<void> {
    const { drivers, clock } = this.#context
    const router = await drivers.router(rollout.strategy)
    if (!router.ok) return
    const seen = await router.value.observe(signal)
    if (!seen.ok || showsShare(seen.value, route, router.value.granularity)) return
    if (!(await this.#canServe(rollout, route, signal)) || this.#scribe.isLost()) return
    // A rollout that has begun meanwhile decides where the traffic goes.
    await this.#workload.refresh()
    const { active, stopped } = this.#workload.state()
    if (active !== null || stopped) return
    const asked = await router.value.route(route, { effectId: `${rollout.id}/steady`, signal })
    if (!asked.ok) return
    const { evidence } = seen.value
    await this.#scribe.write(
      this.#workload,
      { type: 'report-reasserted', rollout: rollout.id, evidence, now: clock.now() },
      'steady',
    )
  }

  /** Capacity before traffic, here too: nobody is sent where nothing is ready. */
  async #canServe(rollout: Rollout, route: Route, signal: AbortSignal): Promise<boolean> {
    const component = routedComponent(rollout)
    const platform = await this.#context.drivers.platform(rollout.strategy, component)
    if (!platform.ok) return false
    const stack = route.buckets === 0 ? route.control : route.candidate
    const seen = await platform.value.observe(
      { workload: rollout.workload, component, stack },
      signal,
    )
    return seen.ok && seen.value.ready > 0
  }
}
