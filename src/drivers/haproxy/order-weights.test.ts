import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import { orderWeights } from './order-weights.ts'
import type { ServerStats } from './server-stats.ts'

const SERVERS = { blue: ['b1', 'b2'], green: ['g1', 'g2', 'g3'], purple: ['p1'] }
const NAMES = Object.values(SERVERS).flat()

const weights = fc
  .array(fc.integer({ min: 0, max: 256 }), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((all) => new Map(NAMES.map((name, i) => [name, all[i] ?? 0])))
const share = fc.integer({ min: 0, max: BUCKETS })

test('at no moment is there nobody, or more for the candidate than before or after', () => {
  fc.assert(
    fc.property(weights, share, (before, buckets) => {
      const now = new Map(before)
      const orders = orderWeights(plan(buckets), SERVERS, seen(before))
      const after = new Map([...before, ...orders.map((o) => [o.server, o.weight] as const)])
      const most = Math.max(candidateShare(before), candidateShare(after))
      return orders.every(({ server, weight }) => {
        const hadSomebody = sum(now, NAMES) > 0
        now.set(server, weight)
        return (!hadSomebody || sum(now, NAMES) > 0) && candidateShare(now) <= most + 1e-12
      })
    }),
    { numRuns: 2_000 },
  )
})

test('nothing is ordered when it is so already, and nothing is left to other stacks', () => {
  fc.assert(
    fc.property(weights, share, (before, buckets) => {
      const orders = orderWeights(plan(buckets), SERVERS, seen(before))
      const after = new Map([...before, ...orders.map((o) => [o.server, o.weight] as const)])
      expect(orderWeights(plan(buckets), SERVERS, seen(after))).toEqual([])
      return after.get('p1') === 0
    }),
  )
})

function plan(buckets: number) {
  return { control: 'blue', candidate: 'green', buckets, salt: 'r', cohort: [] }
}

function seen(now: ReadonlyMap<string, number>) {
  const blank: Omit<ServerStats, 'name' | 'weight'> = {
    status: 'UP',
    lastCheck: '',
    isBackup: false,
    inFlight: 0,
    requests: 0,
    errors: 0,
  }
  const servers = [...now].map(([name, weight]) => ({ ...blank, name, weight }))
  return { epoch: 'e', pid: 1, servers }
}

function candidateShare(now: ReadonlyMap<string, number>): number {
  const total = sum(now, NAMES)
  return total === 0 ? 0 : sum(now, SERVERS.green) / total
}

function sum(now: ReadonlyMap<string, number>, names: readonly string[]): number {
  return names.reduce((total, name) => total + (now.get(name) ?? 0), 0)
}
