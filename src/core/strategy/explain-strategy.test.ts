import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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
