import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Platform, StackWant } from '../../ports/platform.ts'
import { withStateTrouble } from '../support/state-trouble.ts'
import { takeTurn } from '../support/turn.ts'
import type { Settling } from './fill-replica.ts'
import { openFollower } from './follower.ts'
import { settle } from './settle.ts'
import { lookAt } from './sighting.ts'
import type { ProcessesConfig, StackPlace } from './start-instance.ts'
import { markRefused, readWant, type Want, writeGuards, writeWant } from './want.ts'

/** Beyond the grace and the time to become ready; then the change waits for the next `apply`. */
const FOLLOW_MARGIN_MS = 5_000

/** Names that are safe in a path; the strategy allows no others. */
const SAFE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

interface Opening {
  readonly config: ProcessesConfig
  readonly workload: string
  readonly component: string
  /** Traces are kept under workload and component, so that all components may share one folder. */
  readonly stateDir: string
}

/**
 * Runs the releases of one component as processes of this machine. They outlive goaround: the
 * traces in `stateDir` are all that a later server needs to find, count, replace and stop them.
 * What an earlier server had begun is gone on with at once.
 */
export function openProcesses(opening: Opening): Platform {
  const { config, workload, component } = opening
  const home = join(opening.stateDir, workload, component)
  const follower = openFollower(config.health.within + config.stopWithin + FOLLOW_MARGIN_MS)
  const asked = new Set<string>()
  const resuming = resume()

  return {
    async apply(want, ask) {
      const place = placeOf(want)
      if (!place.ok) return place
      const signal = AbortSignal.any([ask.signal, follower.signal])
      const applied = await inTurn(place.value, signal, async () => {
        const written = await writeWant(place.value.folder, want, ask.effectId)
        return step(place.value, written, true, signal)
      })
      if (!applied.ok) return applied
      if (!applied.value) follow(place.value)
      return yes(null)
    },

    async observe(at, signal) {
      const place = placeOf(at)
      if (!place.ok) return place
      if (signal.aborted) return no(failure('timed-out', 'safe', 'there was no time left to look'))
      return withStateTrouble(place.value.folder, async () =>
        yes(await lookAt(config, place.value, signal, Date.now())),
      )
    },

    async close() {
      await resuming
      await follower.close()
    },
  }

  async function resume(): Promise<void> {
    const stacks = await readdir(home).catch(() => [])
    for (const stack of stacks) {
      const place = placeOf({ workload, component, stack })
      if (place.ok) follow(place.value)
    }
  }

  function follow(place: StackPlace): void {
    follower.follow(place.folder, async (signal) => {
      const settled = await inTurn(place, signal, async () => {
        const want = await readWant(place.folder)
        if (want === null) return yes(true)
        await writeGuards(place.folder, want)
        return step(place, want, false, signal)
      })
      return !settled.ok || settled.value
    })
  }

  async function step(place: StackPlace, want: Want, restart: boolean, signal: AbortSignal) {
    const settling: Settling = { config, place, want, restart, asked, signal, now: Date.now }
    const settled = await settle(settling)
    if (!settled.ok) await markRefused(place.folder, want)
    return settled
  }

  function placeOf(
    at: Pick<StackWant, 'workload' | 'component' | 'stack'>,
  ): Result<StackPlace, DriverFailure> {
    const { stack } = at
    if (at.workload === workload && at.component === component && SAFE_NAME.test(stack)) {
      return yes({ workload, component, stack, folder: join(home, stack) })
    }
    const what = `'${at.workload}/${at.component}' on stack '${stack}' was asked of the processes of '${workload}/${component}'`
    return no(failure('misconfigured', 'never', what))
  }
}

/** Only one server at a time, and one call in it, changes a stack. */
function inTurn(
  { folder }: StackPlace,
  signal: AbortSignal,
  work: () => Promise<Result<boolean, DriverFailure>>,
): Promise<Result<boolean, DriverFailure>> {
  return withStateTrouble(folder, async () => {
    const turn = await takeTurn(join(folder, 'turns'), signal)
    if (turn === null) {
      const what = `another change of the processes in ${folder} was under way until the time ran out`
      return no(failure('timed-out', 'safe', what))
    }
    try {
      return await work()
    } finally {
      await turn.end()
    }
  })
}
