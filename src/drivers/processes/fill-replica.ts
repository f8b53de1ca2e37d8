import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { MINUTE } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { hasCrashed, type Instance, type Plan, planInstance, ranFor } from './instance.ts'
import { freePort, portProblem } from './ports.ts'
import { sayEnd } from './say-end.ts'
import { type ProcessesConfig, type StackPlace, startInstance } from './start-instance.ts'
import type { Want } from './want.ts'

/** How often one effect starts a replica that keeps crashing; a new effect may try anew. */
const TRIES_MAX = 5

/** An instance that ran this long did not crash on its way up; counting begins anew. */
const STEADY_AFTER_MS = MINUTE

/** Highest TCP port. */
const PORT_MAX = 65_535

export interface Settling {
  readonly config: ProcessesConfig
  readonly place: StackPlace
  readonly want: Want
  /** True in `apply`: what crashed is started again. Otherwise only what this want never started. */
  readonly restart: boolean
  /** Folders of the instances that this server has already asked to stop. */
  readonly asked: Set<string>
  readonly signal: AbortSignal
  readonly now: () => number
}

/**
 * Sees to one replica: `there` when it runs or when it crashed and nobody asked for another try,
 * `started` when it was just started, `coming` when it has to wait or was not claimed yet.
 */
export async function fillReplica(
  asked: Settling,
  replica: number,
  instances: readonly Instance[],
  number: number,
): Promise<Result<'there' | 'started' | 'coming', DriverFailure>> {
  const { config, place, want, restart } = asked
  const earlier = instances.filter(({ plan }) => plan.replica === replica)
  const last = earlier.findLast(
    ({ plan, stopAskedAt }) => plan.release === want.release && stopAskedAt === null,
  )
  if (last?.state === 'running') return yes('there')
  if (last?.state === 'planned') {
    if (!restart) return yes('coming')
    const again = await startInstance(config, place, last.plan, last.folder)
    return again.ok ? yes('coming') : again
  }

  const tries = triesSoFar(earlier, want)
  if (!restart && (tries > 0 || want.refused)) return yes('there')
  if (tries >= TRIES_MAX && last !== undefined) {
    const what = `replica ${replica} of '${want.release}' on stack '${place.stack}' crashed ${tries} times in a row and is not started again: ${await sayEnd(last, config.env)}`
    return no(failure('refused', 'never', what))
  }
  const port = await portFor(asked, replica, instances)
  if (!port.ok) return port
  if (port.value === null) return yes('coming')

  const plan: Plan = {
    replica,
    release: want.release,
    port: port.value,
    effectId: want.effectId,
    tries: tries + 1,
    crashesBefore: crashesInARow(last),
    plannedAt: asked.now(),
  }
  const folder = await planInstance(place.folder, number, plan)
  const started = await startInstance(config, place, plan, folder)
  return started.ok ? yes('started') : started
}

function triesSoFar(earlier: readonly Instance[], want: Want): number {
  const last = earlier.findLast(({ plan }) => plan.effectId === want.effectId)
  if (last === undefined || ranFor(last) >= STEADY_AFTER_MS) return 0
  return last.withdrawn ? last.plan.tries - 1 : last.plan.tries
}

function crashesInARow(last: Instance | undefined): number {
  if (last === undefined || !hasCrashed(last)) return 0
  return ranFor(last) >= STEADY_AFTER_MS ? 1 : last.plan.crashesBefore + 1
}

/** Null while an instance of ours, asked to stop, still holds the port. */
async function portFor(
  { config, place }: Settling,
  replica: number,
  instances: readonly Instance[],
): Promise<Result<number | null, DriverFailure>> {
  const alive = instances.filter(({ state }) => state !== 'ended')
  if (config.ports === undefined) {
    const port = await freePort(new Set(alive.map(({ plan }) => plan.port)))
    if (port !== null) return yes(port)
    return no(failure('refused', 'safe', 'the system has no free TCP port left for an instance'))
  }
  const first = config.ports[place.stack]
  const port = (first ?? Number.NaN) + replica
  if (!(port <= PORT_MAX)) {
    const what =
      first === undefined
        ? `platform.ports of component '${place.component}' names no first port for stack '${place.stack}'`
        : `replica ${replica} on stack '${place.stack}' would need port ${port}, and ${PORT_MAX} is the highest`
    return no(failure('misconfigured', 'never', what))
  }
  if (alive.some(({ plan, state }) => plan.port === port && state === 'running')) return yes(null)
  const problem = await portProblem(port)
  if (problem === null) return yes(port)
  const where = `replica ${replica} of component '${place.component}' on stack '${place.stack}'`
  return problem === 'EADDRINUSE'
    ? no(
        failure(
          'refused',
          'safe',
          `port ${port}, which ${where} needs, is in use by another process; stop that process or change platform.ports`,
        ),
      )
    : no(failure('denied', 'never', `port ${port} for ${where} cannot be used (${problem})`))
}
