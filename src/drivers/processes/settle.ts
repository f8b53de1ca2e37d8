import { join } from 'node:path'
import type { DriverFailure } from '../../core/kernel/failure.ts'
import { type Result, yes } from '../../core/kernel/result.ts'
import { claimFile } from '../support/durable-file.ts'
import { fillReplica, type Settling } from './fill-replica.ts'
import { healthProblem } from './health.ts'
import { type Instance, readInstances, tidyInstances } from './instance.ts'

/** Beyond the grace; its own launcher kills the group at the grace, so this is for a lost launcher. */
const KILL_MARGIN_MS = 1_000

/**
 * Takes a stack one step nearer to what is wanted: starts what is missing, stops what is too much,
 * and of two releases stops the old one once the new one answers. True when nothing is left to do.
 * It only goes by what is there, so that any process may go on where another was killed.
 */
export async function settle(asked: Settling): Promise<Result<boolean, DriverFailure>> {
  const { want, place } = asked
  const instances = await readInstances(place.folder)
  await tidyInstances(instances)
  const running = instances.filter(({ state }) => state === 'running')
  const staying = running.filter(
    ({ plan, stopAskedAt }) =>
      stopAskedAt === null && plan.replica < want.replicas && plan.release === want.release,
  )
  const leaving = running.filter((instance) => !staying.includes(instance))
  for (const instance of leaving) {
    if (await mayLeave(asked, instance, staying)) await stop(asked, instance)
  }
  let complete = true
  let number = instances.at(-1)?.number ?? 0
  for (let replica = 0; replica < want.replicas; replica += 1) {
    const filled = await fillReplica(asked, replica, instances, number + 1)
    if (!filled.ok) return filled
    if (filled.value === 'started') number += 1
    complete &&= filled.value === 'there'
  }
  return yes(complete && leaving.length === 0)
}

/** With free ports the old instance serves until its successor is ready. */
async function mayLeave(
  { config, want, signal }: Settling,
  { plan, stopAskedAt }: Instance,
  staying: readonly Instance[],
): Promise<boolean> {
  if (stopAskedAt !== null || plan.replica >= want.replicas) return true
  if (config.ports !== undefined) return true
  const successor = staying.find((instance) => instance.plan.replica === plan.replica)
  if (successor === undefined) return false
  return (await healthProblem(successor.plan.port, config.health.path, signal)) === null
}

/** Asks once per server, then kills. The launcher beside the instance keeps the grace even alone. */
async function stop({ config, now, asked }: Settling, instance: Instance): Promise<void> {
  if (instance.process === null) return
  await claimFile(join(instance.folder, 'stop'), '')
  const deadline = (instance.stopAskedAt ?? now()) + config.stopWithin + KILL_MARGIN_MS
  const overdue = now() > deadline
  if (!overdue && asked.has(instance.folder)) return
  asked.add(instance.folder)
  try {
    process.kill(-instance.process.group, overdue ? 'SIGKILL' : 'SIGTERM')
  } catch {
    // It ended by itself between the look and the signal; the next look shows which.
  }
}
