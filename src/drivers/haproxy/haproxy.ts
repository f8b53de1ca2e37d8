import type { DriverFailure } from '../../core/kernel/failure.ts'
import { failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Traffic } from '../../core/strategy/connections.ts'
import type { RoutePlan, Router } from '../../ports/router.ts'
import { openBackendCounts } from './backend-counts.ts'
import { orderWeights } from './order-weights.ts'
import { askHaproxy } from './runtime-socket.ts'
import { type BackendStats, readBackend } from './server-stats.ts'
import { sightingOf } from './sighting.ts'
import { granularityOf } from './weights.ts'

/** The `haproxy` part of a strategy. */
export type HaproxyConfig = Extract<Traffic, { driver: 'haproxy' }>

/**
 * Splits the traffic by the weights of a HAProxy backend, through its runtime socket. HAProxy loses
 * them with every reload; nothing is remembered here, so a look tells the truth and whoever wants a
 * share asks for it again. Weights are drawn per request: HAProxy alone cannot tell users apart.
 */
export function openHaproxy(config: HaproxyConfig): Router {
  const { socket, backend, servers } = config
  const counts = openBackendCounts(config)

  return {
    async attach(stack, _endpoints, { signal }) {
      const names = namesOf(stack)
      if (!names.ok) return names
      const read = await readBackend(socket, backend, signal)
      if (!read.ok) return read
      const missing = missingFrom(read.value, names.value)
      return missing === null ? yes(null) : no(missing)
    },

    async route(plan, { signal }) {
      const possible = canRoute(plan)
      if (!possible.ok) return possible
      const read = await readBackend(socket, backend, signal)
      // Nothing was sent yet, and still nobody knows how things stand.
      if (!read.ok) return no({ ...read.problem, retry: afterLooking(read.problem.retry) })
      const missing = missingFrom(read.value, Object.values(servers).flat())
      if (missing !== null) return no(missing)
      const orders = orderWeights(plan, servers, read.value)
      if (orders.length === 0) return yes(null)
      const commands = orders.map(
        ({ server, weight }) => `set server ${backend}/${server} weight ${weight}`,
      )
      const answer = await askHaproxy(socket, commands, 'after-looking', signal)
      if (!answer.ok) return answer
      const complaint = answer.value.trim()
      if (complaint === '') return yes(null)
      const what = `HAProxy refused to change weights in backend '${backend}': ${complaint.split('\n')[0]}`
      return no(failure('refused', 'after-looking', what))
    },

    async observe(signal) {
      const read = await readBackend(socket, backend, signal)
      if (!read.ok) return read
      const missing = missingFrom(read.value, Object.values(servers).flat())
      return missing === null ? yes(sightingOf(config, read.value)) : no(missing)
    },

    count: (signal) => counts.read(signal),
    granularity: granularityOf(Object.values(servers).map((names) => names.length)),
    close: () => counts.close(),
  }

  function namesOf(stack: string): Result<readonly string[], DriverFailure> {
    const names = servers[stack]
    if (names !== undefined) return yes(names)
    const what = `traffic.servers names no servers for stack '${stack}', only for ${Object.keys(servers).join(', ')}; add them`
    return no(failure('not-found', 'never', what))
  }

  function canRoute(plan: RoutePlan): Result<null, DriverFailure> {
    for (const stack of [plan.control, plan.candidate]) {
      const names = namesOf(stack)
      if (!names.ok) return names
    }
    if (plan.buckets === 0 || plan.cohort.length === 0) return yes(null)
    const what = `HAProxy splits by weight and cannot send ${plan.cohort.length} named subjects to '${plan.candidate}'; remove the cohort, or use the built-in router with traffic.subjectHeader`
    return no(failure('refused', 'never', what))
  }

  function missingFrom(read: BackendStats, names: readonly string[]): DriverFailure | null {
    const there = read.servers.map(({ name }) => name)
    const missing = names.filter((name) => !there.includes(name))
    if (missing.length === 0) return null
    const what = `backend '${backend}' of HAProxy has no server ${missing.map((name) => `'${name}'`).join(', ')}, only ${there.join(', ')}; correct traffic.servers or haproxy.cfg`
    return failure('not-found', 'never', what)
  }
}

function afterLooking(retry: DriverFailure['retry']): DriverFailure['retry'] {
  return retry === 'never' ? 'never' : 'after-looking'
}
