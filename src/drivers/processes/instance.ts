import { mkdir, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Instant, Millis } from '../../core/kernel/instant.ts'
import { parseClaim } from '../support/claim-and-become.ts'
import { claimFile, PRIVATE_FOLDER, readIfThere } from '../support/durable-file.ts'
import { isSameProcess } from '../support/process-identity.ts'

/** Ended instances whose logs are kept per stack, beside the last one of every replica. */
const ENDED_KEPT = 5

/** One log of one instance; beyond it the log is emptied, for a full disk stops everything. */
const LOG_BYTES_MAX = 10 * 1024 * 1024

const Plan = z.object({
  replica: z.int().nonnegative(),
  release: z.string(),
  port: z.int().min(1).max(65_535),
  /** The effect that asked for it. */
  effectId: z.string(),
  /** How many instances this effect has started for this replica, with this one. */
  tries: z.int().positive(),
  /** How often in a row this release had crashed in this place before. */
  crashesBefore: z.int().nonnegative(),
  plannedAt: z.number(),
})
export type Plan = z.output<typeof Plan>

/** One started or about to be started process of a stack, as its folder and the system tell. */
export interface Instance {
  /** Grows with every instance of the stack. */
  readonly number: number
  readonly folder: string
  readonly plan: Plan
  /** `planned`: nobody has claimed it yet, so it may still come up. */
  readonly state: 'planned' | 'running' | 'ended'
  readonly process: { readonly pid: number; readonly group: number } | null
  readonly claimedAt: Instant | null
  readonly endedAt: Instant | null
  /** When it was asked to stop; null when it was not. */
  readonly stopAskedAt: Instant | null
  /** Null while it runs, and when nobody was there to see it end. Above 128: a signal. */
  readonly exitCode: number | null
  /** It came up after it was no longer wanted, and ended before it did anything. */
  readonly withdrawn: boolean
}

/** Whether an instance ended without having been asked to. */
export function hasCrashed(instance: Instance): boolean {
  return instance.state === 'ended' && instance.stopAskedAt === null && !instance.withdrawn
}

/** How long it ran; 0 when that cannot be told. */
export function ranFor(instance: Instance): Millis {
  const { claimedAt, endedAt } = instance
  return claimedAt === null || endedAt === null ? 0 : Math.max(0, endedAt - claimedAt)
}

/** All instances of a stack that have left a trace, the oldest first. */
export async function readInstances(stackFolder: string): Promise<readonly Instance[]> {
  const names = await readdir(join(stackFolder, 'instances')).catch(() => [])
  const numbers = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const read = numbers
    .toSorted((a, b) => a - b)
    .map((number) => readInstance(join(stackFolder, 'instances', String(number)), number))
  return (await Promise.all(read)).filter((instance) => instance !== null)
}

/** Writes down an instance that is to be started; what is written first stays. */
export async function planInstance(
  stackFolder: string,
  number: number,
  plan: Plan,
): Promise<string> {
  const folder = join(stackFolder, 'instances', String(number))
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  await claimFile(join(folder, 'plan.json'), JSON.stringify(plan))
  return folder
}

/** Removes the folders of long ended instances and empties logs that grew too large. */
export async function tidyInstances(instances: readonly Instance[]): Promise<void> {
  const lastOfReplica = new Map(instances.map(({ plan, number }) => [plan.replica, number]))
  const kept = new Set([...lastOfReplica.values(), instances.at(-1)?.number])
  const ended = instances.filter(({ state, number }) => state === 'ended' && !kept.has(number))
  for (const { folder } of ended.slice(0, -ENDED_KEPT)) {
    await rm(folder, { recursive: true, force: true })
  }
  for (const { folder, state } of instances) {
    if (state !== 'running') continue
    for (const log of ['out.log', 'err.log'].map((name) => join(folder, name))) {
      const size = await stat(log).then(
        (found) => found.size,
        () => 0,
      )
      if (size > LOG_BYTES_MAX) await truncate(log)
    }
  }
}

async function readInstance(folder: string, number: number): Promise<Instance | null> {
  const written = await readIfThere(join(folder, 'plan.json'))
  if (written === null) return null
  const plan = Plan.parse(JSON.parse(written))
  const claim = await readIfThere(join(folder, 'claim'))
  const stopAsked = await timeOf(join(folder, 'stop'))
  const base = { number, folder, plan, stopAskedAt: stopAsked, withdrawn: false, exitCode: null }
  if (claim === null) {
    return { ...base, state: 'planned', process: null, claimedAt: null, endedAt: null }
  }
  const { pid, group, identity } = parseClaim(claim)
  const process = { pid, group }
  const claimedAt = await timeOf(join(folder, 'claim'))
  if (await isSameProcess(pid, identity)) {
    return { ...base, state: 'running', process, claimedAt, endedAt: null }
  }
  const code = await readIfThere(join(folder, `exit.${pid}`))
  return {
    ...base,
    state: 'ended',
    process,
    claimedAt,
    endedAt: await timeOf(join(folder, `exit.${pid}`)),
    exitCode: code === null ? null : Number(code),
    withdrawn: (await timeOf(join(folder, 'claim.withdrawn'))) !== null,
  }
}

async function timeOf(path: string): Promise<Instant | null> {
  return stat(path).then(
    (found) => Math.round(found.mtimeMs),
    () => null,
  )
}
