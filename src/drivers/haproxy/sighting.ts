import { BUCKETS, sayShare } from '../../core/words/exposure-share.ts'
import type { RouteSighting } from '../../ports/router.ts'
import type { HaproxyConfig } from './haproxy.ts'
import type { BackendStats, ServerStats } from './server-stats.ts'

/**
 * What the weights say. A server that an operator put into maintenance or drain counts as having
 * none, since it gets none; one that is down keeps its weight and is named, because it will be
 * back; a stack whose servers are all down is `unreachable`. Servers outside the stacks get their part too, and are named.
 */
export function sightingOf(config: HaproxyConfig, read: BackendStats): RouteSighting {
  const stacks = Object.entries(config.servers).map(([stack, names]) => {
    const members = read.servers.filter(({ name }) => names.includes(name))
    return { stack, members, weight: weightOf(members) }
  })
  const ours = new Set(Object.values(config.servers).flat())
  const strangers = read.servers.filter(({ name, isBackup }) => !ours.has(name) && !isBackup)
  const total = stacks.reduce((sum, { weight }) => sum + weight, weightOf(strangers))
  const shares = inBuckets([...stacks.map(({ weight }) => weight), weightOf(strangers)], total)
  const buckets = Object.fromEntries(stacks.map(({ stack }, i) => [stack, shares[i] ?? 0]))
  const says = stacks.map(({ stack, members }, i) => sayStack(stack, shares[i] ?? 0, members))
  const others = strangers
    .filter((server) => weightOf([server]) > 0)
    .map(({ name }) => `server ${name} belongs to no stack and gets traffic too`)
  return {
    buckets,
    inFlight: Object.fromEntries(
      stacks.map(({ stack, members }) => [
        stack,
        members.reduce((sum, { inFlight }) => sum + inFlight, 0),
      ]),
    ),
    unreachable: stacks
      .filter(({ members, weight }) => weight > 0 && !members.some(isUp))
      .map(({ stack }) => stack),
    evidence: `HAProxy backend '${config.backend}': ${[...says, ...others].join(', ')}`,
  }
}

/**
 * Whole buckets that add up to all of them. What has weight never shows as nothing, and what has
 * not got everything never shows as everything: zero is to mean zero.
 */
function inBuckets(weights: readonly number[], total: number): readonly number[] {
  if (total === 0) return weights.map(() => 0)
  const rounded = weights.map((weight) => {
    if (weight === 0 || weight === total) return (weight / total) * BUCKETS
    return Math.min(Math.max(Math.round((weight / total) * BUCKETS), 1), BUCKETS - 1)
  })
  const rest = BUCKETS - rounded.reduce((sum, share) => sum + share, 0)
  const largest = weights.indexOf(Math.max(...weights))
  return rounded.map((share, i) => (i === largest ? share + rest : share))
}

function weightOf(servers: readonly ServerStats[]): number {
  return servers
    .filter(({ status }) => !isWithdrawn(status))
    .reduce((sum, { weight }) => sum + weight, 0)
}

/** Also one whose checks have just begun to fail: it still gets requests. */
function isUp({ status, weight }: ServerStats): boolean {
  return weight > 0 && /^(UP|no check)/.test(status)
}

function isWithdrawn(status: string): boolean {
  return status.startsWith('MAINT') || status.startsWith('DRAIN') || status === 'NOLB'
}

function sayStack(stack: string, buckets: number, members: readonly ServerStats[]): string {
  const each = members.map((server) => {
    const isWell = /^(UP$|no check)/.test(server.status)
    const why = server.lastCheck === '' ? '' : ` (${server.lastCheck})`
    const trouble = isWell ? '' : ` ${server.status}${server.status.startsWith('MAINT') ? '' : why}`
    return `${server.name}${trouble} weight ${server.weight}`
  })
  return `${stack} ${sayShare(buckets)} [${each.join(', ')}]`
}
