import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { DownOptions } from '../cli/actions.ts'
import { confirm } from '../cli/confirm.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Io } from '../cli/io.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import { stopBuiltinRouter } from '../drivers/builtin-router/stop-builtin-router.ts'
import { systemClock } from '../drivers/system-clock.ts'
import { openStreams, openWorkload, workloadStream } from '../engine/streams.ts'
import type { Platform } from '../ports/platform.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { StoreTrouble } from '../store/store-trouble.ts'
import { openDrivers } from './open-drivers.ts'

/** A running server looks at a workload every 5 s; after this it has read that it is to let go. */
const SERVER_LETS_GO_MS = 7_000
/** Releases finish their requests within their own `stopWithin`; this is for all of them. */
const STOPPED_WITHIN_MS = 2 * 60_000
const LOOK_EVERY_MS = 200

/**
 * `goaround down`: stops what a workload runs on this machine: first its router, so that no new
 * request comes, then the releases on both stacks. It is recorded before anything is stopped, so that
 * a running server does not start it again; the next rollout does.
 */
export async function runDown(options: DownOptions, io: Io): Promise<number> {
  const stateDir = resolve(io.cwd, options.stateDir)
  let store: Store | null = null
  try {
    store = await openStore(options.storeUrl ?? `sqlite:${join(stateDir, 'goaround.db')}`)
    return await stopWorkload(store, stateDir, options, io)
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error
    return refuse(io, error.message, EXIT.usage)
  } finally {
    await store?.close()
  }
}

async function stopWorkload(
  store: Store,
  stateDir: string,
  { workload: name, yes, force }: DownOptions,
  io: Io,
): Promise<number> {
  const workload = openWorkload(store, name)
  await workload.refresh()
  const { active, last } = workload.state()
  const id = active?.rollout ?? last
  if (id === null) return refuse(io, `there was never a rollout of '${name}' in ${store.where}`)
  if (active !== null && !force) {
    const says = `rollout ${active.rollout} of ${active.release} is under way: abort it first, or stop it as it stands with --force`
    return refuse(io, says)
  }
  const { course } = openStreams(store, id)
  await course.refresh()
  const strategy = course.state().rollout?.strategy
  if (strategy === undefined) return refuse(io, `nothing is known of rollout ${id}`)
  if (!yes) {
    if (io.stdin.isTTY !== true)
      return refuse(io, 'nobody is there to be asked: use --yes', EXIT.usage)
    const question = `Stop '${name}'? Users will reach nothing until the next rollout.`
    if (!(await confirm(io, io.stderr, question))) return refuse(io, 'nothing was stopped')
  }
  const by = `person:${userInfo().username}`
  const now = systemClock.now()
  const closed = active === null ? null : course.propose({ type: 'close', by, now })
  const stopped = workload.propose({ type: 'stop', by, force, now })
  if (!stopped.ok) return refuse(io, stopped.problem.detail)
  const appends = [stopped.value?.append, closed?.ok === true ? closed.value?.append : undefined]
  const appended = await store.append(
    appends.filter((one) => one !== undefined),
    { by, authority: 'goaround down', causedBy: null, at: now },
    {
      commandId: randomUUID(),
      pokes: [workloadStream(name), `rollout/${id}`].map((key) => ({ key, at: now })),
    },
  )
  if (!appended.ok) return refuse(io, 'somebody else was faster: look again, and repeat it')
  await systemClock.until(now + SERVER_LETS_GO_MS, io.interrupted)
  return stopAll(strategy, stateDir, io)
}

async function stopAll(strategy: Strategy, stateDir: string, io: Io): Promise<number> {
  const { workload, traffic } = strategy
  const trouble: string[] = []
  if (traffic.driver === 'builtin') {
    const router = await stopBuiltinRouter(stateDir, workload.name)
    if (!router.ok) trouble.push(router.problem.detail)
    else io.stderr.write(router.value.stopped ? 'The router has stopped.\n' : 'No router ran.\n')
  }
  const drivers = openDrivers({ stateDir, terminal: io.stderr, clock: systemClock })
  const signal = AbortSignal.any([io.interrupted, AbortSignal.timeout(STOPPED_WITHIN_MS)])
  for (const { name: component } of workload.components) {
    for (const stack of workload.stacks) {
      const place = { workload: workload.name, component, stack }
      const platform = await drivers.platform(strategy, component)
      const problem = platform.ok
        ? await stopStack(platform.value, place, signal)
        : platform.problem.detail
      if (problem === null) io.stderr.write(`Nothing of ${component} runs on ${stack} any more.\n`)
      else trouble.push(`${component} on ${stack}: ${problem}`)
    }
  }
  await drivers.close()
  for (const says of trouble) io.stderr.write(`✖ ${says}\n`)
  return trouble.length === 0 ? EXIT.done : EXIT.refused
}

/** Asks for nothing, and looks until nothing is there; otherwise what is still there. */
async function stopStack(
  platform: Platform,
  place: { readonly workload: string; readonly component: string; readonly stack: string },
  signal: AbortSignal,
): Promise<string | null> {
  const effectId = `down/${place.workload}/${place.component}/${place.stack}`
  const asked = await platform.apply(
    { ...place, release: 'none', replicas: 0 },
    { effectId, signal },
  )
  if (!asked.ok && asked.problem.retry !== 'after-looking') return asked.problem.detail
  for (;;) {
    const seen = await platform.observe(place, signal)
    if (seen.ok && seen.value.replicas === 0) return null
    if (signal.aborted) return seen.ok ? seen.value.evidence : seen.problem.detail
    await systemClock.until(systemClock.now() + LOOK_EVERY_MS, signal)
  }
}

function refuse(io: Io, says: string, exit: number = EXIT.refused): number {
  io.stderr.write(`✖ ${says}\n`)
  return exit
}
