import { isExposed } from '../../core/rollout/exposure.ts'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import { openRequestCounts, type RequestCounts } from '../support/request-counts.ts'
import type { StateAnswer } from './control-protocol.ts'
import { openDraw } from './draw.ts'
import { type Instance, type Instances, openInstances } from './instances.ts'
import type { Plan } from './router-state.ts'

/** So many instances of one stack are tried for one request; a third would only make users wait. */
const TRIES_PER_STACK = 2

/** The two stacks as the traffic sees them: who is drawn, who may step in, what was counted. */
export interface Stacks {
  readonly attach: (stack: string, endpoints: readonly string[]) => void
  readonly plan: () => Plan | null
  readonly setPlan: (plan: Plan) => void
  /** The stack for one request; null while nobody has said where the traffic goes. */
  readonly draw: (subject: string | null) => string | null
  /** The instances to try for a request that was drawn for a stack, best first. */
  readonly lineUp: (drawn: string) => readonly Instance[]
  readonly instances: Instances
  readonly countsOf: (stack: string) => RequestCounts
  readonly counted: () => Readonly<Record<string, RequestCounts>>
  /** Remembers a request as under way on an instance until the answer is called. */
  readonly begin: (instance: Instance) => () => void
  readonly inFlight: () => number
  readonly describe: () => StateAnswer['stacks']
}

/** Opens without stacks and without a plan. */
export function openStacks(): Stacks {
  const instances = openInstances()
  const drawBucket = openDraw()
  const endpoints = new Map<string, readonly string[]>()
  const counts = new Map<string, RequestCounts>()
  const underWay = new Map<string, number>()
  let plan: Plan | null = null

  return {
    instances,
    attach(stack, at) {
      endpoints.set(stack, at)
      instances.attach(stack, at)
      countsOf(stack)
    },
    plan: () => plan,
    setPlan(next) {
      plan = next
      countsOf(next.control)
      countsOf(next.candidate)
    },
    draw(subject) {
      if (plan === null) return null
      const isCandidate = subject === null ? drawBucket() < plan.buckets : isExposed(subject, plan)
      return isCandidate ? plan.candidate : plan.control
    },
    lineUp,
    countsOf,
    counted: () => Object.fromEntries(counts),
    begin(instance) {
      add(instance, 1)
      let isOver = false
      return () => {
        if (!isOver) add(instance, -1)
        isOver = true
      }
    },
    inFlight: () => [...underWay.values()].reduce((sum, n) => sum + n, 0),
    describe: () => Object.fromEntries([...counts.keys()].map((stack) => [stack, is(stack)])),
  }

  /**
   * The other stack steps in for one without a live instance, but only while it has a share of its
   * own: zero is zero, whatever dies. When nobody lives, those that refused a moment ago get one
   * more chance, since they may have been restarted since.
   */
  function lineUp(drawn: string): readonly Instance[] {
    const order = [drawn, ...sharing().filter((stack) => stack !== drawn)]
    const live = order.flatMap((stack) => instances.live(stack).slice(0, TRIES_PER_STACK))
    if (live.length > 0) return live
    return order.flatMap((stack) => instances.down(stack).slice(0, 1))
  }

  function add(instance: Instance, requests: number): void {
    instance.inFlight += requests
    underWay.set(instance.stack, (underWay.get(instance.stack) ?? 0) + requests)
  }

  function is(stack: string): StateAnswer['stacks'][string] {
    const down = instances.down(stack).map(({ endpoint }) => endpoint)
    const inFlight = underWay.get(stack) ?? 0
    return { endpoints: [...(endpoints.get(stack) ?? [])], down, inFlight }
  }

  function sharing(): readonly string[] {
    if (plan === null) return []
    return [
      ...(plan.buckets < BUCKETS ? [plan.control] : []),
      ...(plan.buckets > 0 ? [plan.candidate] : []),
    ]
  }

  function countsOf(stack: string): RequestCounts {
    const known = counts.get(stack)
    if (known !== undefined) return known
    const opened = openRequestCounts()
    counts.set(stack, opened)
    return opened
  }
}
