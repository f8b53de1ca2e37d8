import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { explainStrategy } from './explain-strategy.ts'
import { readStrategy } from './read-strategy.ts'

const FULL = readFileSync(join(import.meta.dirname, 'fixtures/full.yaml'), 'utf8')

describe('an explanation says', () => {
  test.each([
    'shop is a workload of high criticality on immutable infrastructure.',
    'Each runs web (2 instances per stack) and worker (1 instance per stack).',
    'To go back also means to put back config/shop.json.',
    '1. staff: 1 % and 2 named users, for at least 1h and 50 requests. First "home" and "order" must pass on the release itself. If that takes longer than 6h, a person is asked.',
    '2. half: 50 %, for at least 2h and 50 requests, opened when it is mon, tue between 09:00 and 15:00 in Europe/Oslo.',
    'opened when a person has said "promote".',
    '- latency: response times, measured by router; failing when more than 1.2 times as bad.',
    'At most 1 % of good rollouts are halted by mistake.',
    'switch recommendations to "off" for at most 4h; users lose: They see no recommendations.',
    'Needs the yes of stakeholder within 30m.',
    'Acts alone until 2026-12-21, because it was rehearsed; after that it asks on-call first.',
    'Needs the yes of 2 people of sre within 30m.',
    '5. ask: in any case: hold everything as it is until a person decides.',
    'customers, by hook, in public words: at the start, at least every 1h, and at the end.',
  ])('%s', (sentence) => {
    expect(explained(FULL)).toContain(sentence)
  })

  test('that what was never rehearsed asks first', () => {
    const text = FULL.slice(0, FULL.indexOf('practice:'))
    expect(explained(text)).toContain('Asks on-call first, because it was never rehearsed.')
  })
})

function explained(text: string): string {
  const read = readStrategy(text, 'full.yaml')
  return read.ok ? explainStrategy(read.value) : ''
}

test.each([
  [
    { name: 'q', kind: 'gauge', source: 'prom' },
    'q: its mean, measured by prom; failing when higher.',
  ],
  [
    { name: 'q', kind: 'gauge', source: 'prom', direction: 'decrease', tolerance: 1.5, allow: 3 },
    'failing when more than 1.5 times lower, and 3 on top.',
  ],
  ['latency', 'failing when more than 1.1 times as bad, and 5ms on top.'],
  [
    { name: 'e', kind: 'error-rate', allow: '0.5%', severity: 'minor' },
    'failing when worse by more than 0.5 % of the requests; that alone holds the group and asks, and does not halt.',
  ],
] as const)('a metric says when it fails: %j', (metric, sentence) => {
  expect(explainStrategy(sampleStrategy({ detection: { metrics: [metric] } }))).toContain(sentence)
})
