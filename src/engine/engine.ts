import type { Instant } from '../core/kernel/instant.ts'
import type { Fence, Lease } from '../ports/event-store.ts'
import type { EngineContext } from './context.ts'
import type { Live } from './control.ts'
import { Keeper } from './keeper.ts'
import { Steward } from './steward.ts'

/** A lease is renewed this many times before it would run out, so that one slow round loses nothing. */
const RENEWALS_PER_LEASE = 3
/** Even without a call from the store, due work is looked for this often. */
const POLL_MS = 1_000
/** A claim takes at most this much at once, so that replicas share the work. */
const CLAIM_MAX = 200
/** After trouble with the store, it is asked again after this. */
const TROUBLE_WAIT_MS = 1_000

const ROLLOUT = 'rollout/'
const WORKLOAD = 'workload/'

interface Held {
  readonly lease: Lease
  readonly keeper: Keeper | Steward
  /** How often the key had been poked when the keeper last heard of it. */
  want: number
}

/**
 * Finds the rollouts that need somebody and keeps them. Any number of these may run on one store;
 * each rollout is held by one of them at a time, and taken over when that one goes silent.
 */
export class Engine {
  readonly #context: EngineContext
  readonly #owner: string
  readonly #held = new Map<string, Held>()
  #isStopping = false
  #wake = new AbortController()
  #loops: readonly Promise<void>[] = []
  #unsubscribe: () => void = () => undefined

  /** `owner` must be different in every process and at every start. */
  constructor(context: EngineContext, owner: string) {
    this.#context = context
    this.#owner = owner
  }

  start(): void {
    this.#unsubscribe = this.#context.store.onChange((key) => this.#changed(key))
    this.#loops = [this.#claimLoop(), this.#renewLoop()]
  }

  /** Gives everything back, so that another replica goes on at once. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#unsubscribe()
    this.#wake.abort()
    const { clock, store } = this.#context
    for (const { keeper, lease } of this.#held.values()) {
      keeper.lose()
      await store.release(lease, clock.now(), clock.now()).catch(() => false)
    }
    await Promise.allSettled(this.#loops)
  }

  /** What this replica last saw of a rollout; null when it does not hold it. */
  live(id: string): Live | null {
    const keeper = this.#held.get(ROLLOUT + id)?.keeper
    return keeper instanceof Keeper ? keeper.live() : null
  }

  /** How many rollouts this replica holds. */
  get holding(): number {
    return [...this.#held.keys()].filter((key) => key.startsWith(ROLLOUT)).length
  }

  #changed(key: string | null): void {
    if (key === null) for (const { keeper } of this.#held.values()) keeper.poke()
    else this.#held.get(key)?.keeper.poke()
    if (key === null || !this.#held.has(key)) this.#wake.abort()
  }

  async #claimLoop(): Promise<void> {
    const { store, clock, limits } = this.#context
    while (!this.#isStopping) {
      this.#wake = new AbortController()
      try {
        const room = Math.min(CLAIM_MAX, limits.rolloutsMax - this.#held.size)
        const leases =
          room > 0 ? await store.claim(this.#owner, clock.now(), room, limits.leaseMs) : []
        for (const lease of leases) this.#keep(lease)
        if (leases.length > 0) continue
        await clock.until(await this.#nextLook(), this.#wake.signal)
      } catch (error) {
        await this.#trouble('work could not be claimed', error)
      }
    }
  }

  async #nextLook(): Promise<Instant> {
    const { store, clock } = this.#context
    const now = clock.now()
    const due = await store.nextDue()
    return due === null ? now + POLL_MS : Math.min(Math.max(due, now + 1), now + POLL_MS)
  }

  #keep(lease: Lease): void {
    if (this.#held.has(lease.key)) return
    const keeper = this.#holderOf(lease)
    if (keeper === null) return
    const held: Held = { lease, keeper, want: lease.want }
    this.#held.set(lease.key, held)
    this.#runKeeper(held).catch((error: unknown) => {
      this.#context.log.error(
        { key: lease.key, error: String(error) },
        'a rollout could not be given back',
      )
    })
  }

  /** Who looks after what a key stands for; null for a key of a later version of goaround. */
  #holderOf(lease: Lease): Keeper | Steward | null {
    const { key } = lease
    if (key.startsWith(ROLLOUT)) return new Keeper(this.#context, key.slice(ROLLOUT.length), lease)
    if (!key.startsWith(WORKLOAD)) return null
    return new Steward(this.#context, key.slice(WORKLOAD.length), lease)
  }

  async #runKeeper({ lease, keeper }: Held): Promise<void> {
    const { store, clock, log } = this.#context
    let nextAt: Instant | null = null
    try {
      await keeper.run()
    } catch (error) {
      // Whatever broke, the log is intact: the rollout is given back and looked at anew.
      log.error(
        { key: lease.key, error: String(error) },
        'a rollout could not be kept; it will be tried again',
      )
      nextAt = clock.now() + TROUBLE_WAIT_MS
      keeper.lose()
    }
    this.#held.delete(lease.key)
    if (!this.#isStopping) await store.release(lease, nextAt, clock.now())
  }

  async #renewLoop(): Promise<void> {
    const { store, clock, limits } = this.#context
    while (!this.#isStopping) {
      await clock.until(clock.now() + limits.leaseMs / RENEWALS_PER_LEASE)
      if (this.#isStopping) return
      const held = [...this.#held.values()]
      if (held.length === 0) continue
      try {
        const fences: readonly Fence[] = held.map(({ lease }) => lease)
        const kept = new Map(
          (await store.renew(fences, clock.now(), limits.leaseMs)).map(({ key, want }) => [
            key,
            want,
          ]),
        )
        for (const one of held) this.#renewed(one, kept.get(one.lease.key))
      } catch (error) {
        await this.#trouble('leases could not be renewed', error)
      }
    }
  }

  /** A lease that was not renewed is lost; one that was poked meanwhile has news. */
  #renewed(held: Held, want: number | undefined): void {
    if (want === undefined) held.keeper.lose()
    else if (want !== held.want) {
      held.want = want
      held.keeper.poke()
    }
  }

  async #trouble(what: string, error: unknown): Promise<void> {
    const { clock, log } = this.#context
    if (this.#isStopping) return
    log.error({ error: String(error) }, what)
    await clock.until(clock.now() + TROUBLE_WAIT_MS)
  }
}
