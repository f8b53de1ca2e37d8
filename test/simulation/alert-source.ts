import type { Instant } from '../../src/core/kernel/instant.ts'
import type { Signal } from '../../src/core/signal/signal.ts'
import type { Control, From } from '../../src/engine/control.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Chance } from './random.ts'

interface AlertSourceParts {
  readonly chance: Chance
  readonly clock: Clock
  /** A server that answers now; null when all are down. */
  readonly control: () => Control | null
  /** Alerts are raised until then; what was raised is delivered and resolved in any case. */
  readonly until: Instant
  /** A signal that the server said it has recorded. */
  readonly acknowledged: (signal: Signal) => void
}

/** What the source says of itself, and how strategies call it. */
export const ALERT_SOURCE = 'alertmanager'
/** How often something is wrong somewhere. */
const RAISE_MS = [2_000, 20_000] as const
/** A delivery may take this long; so firings and ends overtake one another. */
const DELAY_MS = [0, 6_000] as const
/** How long a fault lasts. */
const LASTS_MS = [500, 20_000] as const
/** An alert may have begun this long before anybody speaks of it. */
const BEGAN_MS = [0, 15_000] as const
const BEAT_MS = [1_000, 3_000] as const
/** Longer than the strategies let a source be silent. */
const SILENCE_MS = 25_000
const ANSWER_MS = 3_000
const FROM: From = { actor: { name: 'token:alerts', roles: ['reporter'] }, commandId: 'alerts' }

/**
 * A system that raises alerts about the rollouts, about others and about nothing in particular. It
 * delivers late, more than once and in any order, and repeats what was not answered; its heartbeat
 * stops now and then.
 */
export function alertSource({ chance, clock, control, until, acknowledged }: AlertSourceParts) {
  let raised = 0

  /** Asks until somebody answers; a crash of the server swallows the answer, or the delivery. */
  async function ask(run: (server: Control) => Promise<unknown>): Promise<void> {
    for (;;) {
      const server = control()
      const answer =
        server === null
          ? null
          : await Promise.race([
              run(server).then((value) => ({ value })),
              clock.until(clock.now() + ANSWER_MS).then(() => null),
            ])
      if (answer !== null) return
      await clock.until(clock.now() + 500)
    }
  }

  async function deliver(signal: Signal, delay: number): Promise<void> {
    await clock.until(clock.now() + delay)
    await ask(async (server) => {
      const taken = await server.takeSignals([signal], FROM)
      if (taken.ok && taken.value[0]?.kept === true) acknowledged(signal)
    })
  }

  function send(signal: Signal): void {
    const times = chance.between(1, 3)
    for (let one = 0; one < times; one += 1) void deliver(signal, chance.between(...DELAY_MS))
  }

  async function raise(): Promise<void> {
    raised += 1
    const firing: Signal = {
      source: ALERT_SOURCE,
      fingerprint: `f${chance.between(1, 5)}`,
      startsAt: clock.now() - chance.between(...BEGAN_MS),
      status: 'firing',
      severity: chance.pick(['critical', 'warning', 'warning', 'info', 'unknown']),
      name: `Alert${raised}`,
      summary: 'something is wrong',
      labels: chance.pick<Record<string, string>>([
        { workload: 'shop' },
        { workload: 'shop', release: 'v2' },
        { workload: 'shop', release: 'v1' },
        { goaround_rollout: 'shop-2' },
        { goaround_rollout: 'shop-1', goaround_group: 'canary' },
        { workload: 'cart' },
      ]),
      seenAt: clock.now(),
    }
    send(firing)
    await clock.until(clock.now() + chance.between(...LASTS_MS))
    send({ ...firing, status: 'resolved', seenAt: clock.now() })
  }

  return {
    async live(): Promise<void> {
      while (clock.now() < until) {
        await clock.until(clock.now() + chance.between(...RAISE_MS))
        if (clock.now() < until) void raise()
      }
    },
    /** Says again and again that it lives, also when all else is calm. */
    async beat(): Promise<void> {
      for (;;) {
        await ask((server) => server.heard(ALERT_SOURCE))
        const isSilent = clock.now() < until && chance.happens(0.03)
        await clock.until(clock.now() + (isSilent ? SILENCE_MS : chance.between(...BEAT_MS)))
      }
    },
  }
}
