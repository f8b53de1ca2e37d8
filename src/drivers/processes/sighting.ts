import type { StackSighting } from '../../ports/platform.ts'
import { endpointOf, healthProblem } from './health.ts'
import { hasCrashed, type Instance, readInstances } from './instance.ts'
import { sayEnd } from './say-end.ts'
import type { ProcessesConfig, StackPlace } from './start-instance.ts'
import { readWant, type Want } from './want.ts'

/** Probes under way at one time; a thousand sockets at once would make the machine the problem. */
const PROBES_AT_ONCE = 50

/** Crashed replicas that are described one by one; the rest is counted. */
const CRASHES_TOLD = 3

/** The launcher writes the exit code a moment after the process is gone; a crash is told with it. */
const EXIT_WRITTEN_WITHIN_MS = 2_000

interface Probed {
  readonly instance: Instance
  /** Null when it is ready. */
  readonly problem: string | null
}

/**
 * What is there: processes by pid and start time, readiness by asking each over HTTP. Everything
 * that still runs counts as a replica, also one that is on its way out, so that a change is seen
 * as done only when the old instances are gone.
 */
export async function lookAt(
  config: ProcessesConfig,
  place: StackPlace,
  signal: AbortSignal,
  now: number,
): Promise<StackSighting> {
  const want = await readWant(place.folder)
  const instances = await readInstances(place.folder)
  const running = instances.filter(({ state }) => state === 'running')
  const probed = await probeAll(running, config.health.path, signal)
  const release = releaseOf(probed, want)
  const ready = probed.filter(
    ({ instance, problem }) => problem === null && instance.plan.release === release,
  )
  const crashes = await crashSentences(instances, want, config, now)
  return {
    release,
    replicas: running.length,
    ready: ready.length,
    endpoints: ready.map(({ instance }) => endpointOf(instance.plan.port)),
    crashed: crashes.length === 0 ? null : crashes.join('. '),
    // Numbers grow with every instance of the stack and are never used again.
    incarnation: running.map(({ number }) => number).join(','),
    evidence: [
      summary(place, release, probed, ready.length),
      ...unreadySentences(probed, config, now),
      ...crashes,
    ].join('. '),
  }
}

/** Of two releases, the wanted one as soon as one of its instances is ready. */
function releaseOf(probed: readonly Probed[], want: Want | null): string | null {
  const wanted = probed.filter(({ instance }) => instance.plan.release === want?.release)
  const others = probed.filter(({ instance }) => instance.plan.release !== want?.release)
  if (wanted.some(({ problem }) => problem === null) || others.length === 0) {
    return wanted[0]?.instance.plan.release ?? null
  }
  return others.at(-1)?.instance.plan.release ?? null
}

async function probeAll(
  running: readonly Instance[],
  path: string,
  signal: AbortSignal,
): Promise<readonly Probed[]> {
  const probed: Probed[] = []
  for (let from = 0; from < running.length; from += PROBES_AT_ONCE) {
    const some = running.slice(from, from + PROBES_AT_ONCE).map(async (instance) => ({
      instance,
      problem:
        instance.stopAskedAt === null
          ? await healthProblem(instance.plan.port, path, signal)
          : 'was asked to stop',
    }))
    probed.push(...(await Promise.all(some)))
  }
  return probed
}

function summary(
  { component, stack }: StackPlace,
  release: string | null,
  probed: readonly Probed[],
  ready: number,
): string {
  if (release === null) return `no process of '${component}' runs on stack '${stack}'`
  const of = probed.filter(({ instance }) => instance.plan.release === release)
  const others = probed.length - of.length
  const also = others === 0 ? '' : `, and ${others} of another release still running`
  const ports = of.map(({ instance }) => instance.plan.port).join(', ')
  return `${ready} of ${of.length} processes of '${release}' ready on stack '${stack}' (port ${ports})${also}`
}

function unreadySentences(
  probed: readonly Probed[],
  { health }: ProcessesConfig,
  now: number,
): readonly string[] {
  return probed
    .filter(({ problem }) => problem !== null)
    .slice(0, CRASHES_TOLD)
    .map(({ instance, problem }) => {
      const late = now - instance.plan.plannedAt > health.within && instance.stopAskedAt === null
      const since = late ? `, longer than health.within after its start` : ''
      const asked = instance.stopAskedAt === null ? `: GET ${health.path}` : ''
      return `replica ${instance.plan.replica}${asked} ${problem}${since}`
    })
}

async function crashSentences(
  instances: readonly Instance[],
  want: Want | null,
  config: ProcessesConfig,
  now: number,
): Promise<readonly string[]> {
  const last = new Map(instances.map((instance) => [instance.plan.replica, instance]))
  const crashed = [...last.values()].filter(
    (instance) =>
      hasCrashed(instance) &&
      (instance.exitCode !== null || now - instance.plan.plannedAt > EXIT_WRITTEN_WITHIN_MS) &&
      instance.plan.release === want?.release &&
      instance.plan.replica < want.replicas,
  )
  const told = crashed.slice(0, CRASHES_TOLD).map(async (instance) => {
    const { replica, release, crashesBefore } = instance.plan
    const times = crashesBefore === 0 ? '' : ` ${crashesBefore + 1} times in a row`
    return `replica ${replica} of '${release}' crashed${times}: ${await sayEnd(instance, config.env)}`
  })
  const sentences = await Promise.all(told)
  const more = crashed.length - sentences.length
  return more > 0 ? [...sentences, `${more} more crashed`] : sentences
}
