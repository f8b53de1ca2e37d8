import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '../kernel/instant.ts'
import type { Fault } from './fault.ts'
import { EMPTY_LEDGER, type Ledger, record } from './ledger.ts'
import { blipReason, learnBlips, NO_BLIPS } from './restart-blips.ts'

const T = 1_000 * DAY
const nodes = Array.from({ length: 400 }, (_, k) => ({ node: `n${k}`, cluster: 'a' }))
const placements = nodes.map((home) => ({ rollout: 'good', ...home, at: T }))

function failing(signature: string, count: number, age: number): readonly Fault[] {
  return nodes.slice(0, count).map(({ node }) => ({ signature, node, at: T + age }))
}

function ledgerWith(faults: readonly Fault[]): Ledger {
  return record(EMPTY_LEDGER, { nodes, placements, faults }).ledger
}

const later = { now: T + 2 * DAY, distrusted: new Set<string>() }

describe('faults that restarts bring', () => {
  test('are learned from a healthy rollout that is over: 12 of 400 where chance brings none', () => {
    const { blips } = learnBlips(ledgerWith(failing('hiccup', 12, MINUTE)), NO_BLIPS, later)
    expect(blips.restarts).toBe(400)
    expect(blipReason(blips, 'hiccup')).toContain('12 of 400 healthy restarts brought it')
    expect(blipReason(blips, 'never-seen')).toBeNull()
  })

  test('are not those that come as often anyway: 12 in 15 minutes after, 144 in 3 hours before', () => {
    const anyway = [
      ...failing('noise', 144, -2 * HOUR),
      ...nodes.slice(200, 212).map(({ node }) => ({ signature: 'noise', node, at: T + MINUTE })),
    ]
    const { blips } = learnBlips(ledgerWith(anyway), NO_BLIPS, later)
    expect(blipReason(blips, 'noise')).toBeNull()
  })

  test('are not learned from whoever is distrusted, nor before a day has passed, nor twice', () => {
    const ledger = ledgerWith(failing('hiccup', 12, MINUTE))
    const distrusted = new Set(['good'])
    expect(learnBlips(ledger, NO_BLIPS, { ...later, distrusted }).blips).toBe(NO_BLIPS)
    expect(learnBlips(ledger, NO_BLIPS, { ...later, now: T + DAY - 1 }).blips).toBe(NO_BLIPS)
    const once = learnBlips(ledger, NO_BLIPS, later)
    expect(learnBlips(once.ledger, once.blips, later).blips).toBe(once.blips)
  })

  test('are all of a young node while too few restarts were seen to know', () => {
    expect(blipReason(NO_BLIPS, 'anything')).toContain('only 0 healthy restarts')
  })
})
