import { randomUUID } from 'node:crypto'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import { PROTOCOL } from './control-protocol.ts'
import type { Orders } from './control-server.ts'
import { type Plan, type RouterState, writeRouterState } from './router-state.ts'
import type { Stacks } from './stacks.ts'

interface Opening {
  readonly folder: string
  readonly stacks: Stacks
  /** As it is written down at this moment. */
  readonly state: RouterState
  readonly stop: () => void
}

/** The orders, and the one thing that the traffic needs to know of what was ordered. */
export interface ObeyedOrders {
  readonly orders: Orders
  readonly subjectHeader: () => string | null
}

/**
 * Obeys orders one after the other, each written down before it takes effect: what is in force is
 * always what a restart would bring back.
 */
export function openOrders({ folder, stacks, state: written, stop }: Opening): ObeyedOrders {
  const epoch = randomUUID()
  let state = written
  let turns: Promise<unknown> = Promise.resolve()
  let lastReadAt = 0

  const orders: Orders = {
    state: () => ({
      protocol: PROTOCOL,
      pid: process.pid,
      listen: state.listen,
      subjectHeader: state.subjectHeader,
      plan: stacks.plan(),
      stacks: stacks.describe(),
    }),
    counts() {
      // A clock that was set back must not make counters look older than those already read.
      lastReadAt = Math.max(Date.now(), lastReadAt)
      const counted = Object.entries(stacks.counted()).map(([stack, of]) => [stack, of.read()])
      return { at: lastReadAt, epoch, stacks: Object.fromEntries(counted) }
    },
    attach: ({ stack, endpoints }) =>
      inTurn(async () => {
        await keep({ ...state, endpoints: { ...state.endpoints, [stack]: endpoints } })
        stacks.attach(stack, endpoints)
        return null
      }),
    route: ({ plan, subjectHeader }) =>
      inTurn(async () => {
        const refusal = whyNot(plan, state.endpoints)
        if (refusal !== null) return refusal
        await keep({ ...state, plan, subjectHeader: subjectHeader?.toLowerCase() ?? null })
        stacks.setPlan(plan)
        return null
      }),
    stop,
  }
  return { orders, subjectHeader: () => state.subjectHeader }

  async function keep(next: RouterState): Promise<void> {
    await writeRouterState(folder, next)
    state = next
  }

  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = turns.then(work)
    turns = mine.catch(() => undefined)
    return mine
  }
}

/** A stack that is to receive anything must be known, and have somewhere to send it. */
function whyNot(plan: Plan, endpoints: RouterState['endpoints']): string | null {
  const shares = [
    [plan.control, BUCKETS - plan.buckets],
    [plan.candidate, plan.buckets],
  ] as const
  for (const [stack, share] of shares) {
    const at = endpoints[stack]
    if (share === 0 || (at !== undefined && at.length > 0)) continue
    const known = Object.keys(endpoints).join(', ') || 'none'
    return at === undefined
      ? `it knows no stack '${stack}' (it knows: ${known}); attach its instances first`
      : `the stack '${stack}' has no instances; attach them first`
  }
  return null
}
