import { resolve } from 'node:path'
import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import { BUCKETS, sayShare } from '../../core/words/exposure-share.ts'
import type { Router } from '../../ports/router.ts'
import { CountsAnswer, routerFolder, StateAnswer } from './control-protocol.ts'
import { openRouterLink } from './router-link.ts'

export interface BuiltinRouterOptions {
  /** The workload's name; it names the folder. */
  readonly name: string
  /** `host:port` that users reach. Port 0 takes any free one and keeps it. */
  readonly listen: string
  /** Request header that identifies a user for a sticky share. */
  readonly subjectHeader?: string
  readonly stateDir: string
  /** The Node.js that runs the router process; ours when absent. */
  readonly nodePath?: string
}

/**
 * The router inside goaround. The traffic runs through a process of its own, which is started with
 * the first question, goes on when this one ends, and is found again through `stateDir`; when it
 * has died, the next look starts it as it was.
 */
export function openBuiltinRouter(options: BuiltinRouterOptions): Router {
  const { name, listen, stateDir } = options
  const folder = routerFolder(resolve(stateDir), name)
  const nodePath = options.nodePath ?? process.execPath
  const link = openRouterLink({ name, folder, listen, nodePath })
  const subjectHeader = options.subjectHeader ?? null

  return {
    async attach(stack, endpoints, ask) {
      const strange = endpoints.find((endpoint) => !isHttp(endpoint))
      if (strange !== undefined) {
        const what = `the built-in router speaks plain HTTP to instances, and '${strange}' of stack '${stack}' is no http:// address; put TLS in front of the router or use HAProxy`
        return no(failure('misconfigured', 'never', what))
      }
      return link.tell('/endpoints', { stack, endpoints }, ask.signal)
    },

    route: (plan, ask) => link.tell('/plan', { plan, subjectHeader }, ask.signal),

    async observe(signal) {
      const seen = await link.ask('/state', StateAnswer, signal)
      if (!seen.ok) return seen
      const { plan, stacks } = seen.value
      const buckets = Object.fromEntries(
        Object.keys(stacks).map((stack) => [stack, shareOf(stack, plan)]),
      )
      const inFlight = Object.fromEntries(
        Object.entries(stacks).map(([stack, is]) => [stack, is.inFlight]),
      )
      // Only instances that were seen ready are attached, so a share always reaches somebody.
      return yes({ buckets, inFlight, unreachable: [], evidence: say(name, seen.value, buckets) })
    },

    count: (signal) => link.ask('/counts', CountsAnswer, signal),

    granularity: 1,

    // Every question has its own connection; there is nothing to give back.
    close: async () => undefined,
  }
}

function shareOf(stack: string, plan: StateAnswer['plan']): number {
  if (plan === null) return 0
  if (stack === plan.candidate) return plan.buckets
  return stack === plan.control ? BUCKETS - plan.buckets : 0
}

function say(
  name: string,
  { listen, plan, stacks, pid }: StateAnswer,
  buckets: Readonly<Record<string, number>>,
): string {
  const where = `router '${name}' on ${listen} (process ${pid})`
  if (plan === null) return `${where} has not been told where the traffic goes`
  const shares = Object.entries(stacks).map(([stack, { endpoints, down, inFlight }]) => {
    const trouble = down.length === 0 ? '' : `, ${down.join(' and ')} refuses connections`
    const count = `${endpoints.length} ${endpoints.length === 1 ? 'instance' : 'instances'}`
    return `${stack} ${sayShare(buckets[stack] ?? 0)} (${count}${trouble}, ${inFlight} in flight)`
  })
  return `${where}: ${shares.join(', ')}`
}

function isHttp(endpoint: string): boolean {
  return URL.canParse(endpoint) && new URL(endpoint).protocol === 'http:'
}
