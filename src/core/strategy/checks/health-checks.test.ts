import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sayProblem } from '../problem.ts'
import { inspectStrategy } from '../read-strategy.ts'

const HEALTH = `
health:
  every: 30s
  of: { n: 2, m: 3 }
  degradedFor: 10m
  components:
    - name: web
      signals:
        - { metric: errors, degradedAbove: 1%, unhealthyAbove: 5% }
        - { smoke: home }
      dependsOn: [{ name: mail, criticality: optional }]
    - name: mail
      signals: [{ alert: MailQueueStuck, means: degraded }]
  flows:
    - name: checkout
      onUnhealthy: halt
      dependsOn: [{ name: web }, { name: worker, criticality: important }]
    - name: orders-a-minute
      signals: [{ metric: orders }]
      degradedFor: 1h
`

const FULL = readFileSync(join(import.meta.dirname, '../fixtures/full.yaml'), 'utf8') + HEALTH

/** One edit of a strategy of which nothing is to be said, where it is told of, and how. */
type Case = readonly [what: string, from: string, to: string, path: string, says: RegExp]

const CASES: readonly Case[] = [
  [
    'more bad periods than are looked at',
    'of: { n: 2, m: 3 }',
    'of: { n: 4, m: 3 }',
    'health.of',
    /4 bad periods of 3/,
  ],
  [
    'a signal that names nothing',
    '{ smoke: home }',
    '{ means: degraded }',
    'health.components[0].signals[1]',
    /names nothing/,
  ],
  [
    'a signal of two things',
    '{ smoke: home }',
    '{ smoke: home, alert: Down }',
    'health.components[0].signals[1]',
    /one of "metric", "smoke" and "alert"/,
  ],
  [
    'a threshold on a test',
    '{ smoke: home }',
    '{ smoke: home, degradedAbove: 1% }',
    'health.components[0].signals[1]',
    /a threshold without a metric/,
  ],
  [
    'thresholds upside down',
    'degradedAbove: 1%, unhealthyAbove: 5%',
    'degradedAbove: 5%, unhealthyAbove: 1%',
    'health.components[0].signals[0]',
    /lies above/,
  ],
  [
    'a metric that is not measured',
    'metric: errors, degraded',
    'metric: erors, degraded',
    'health.components[0].signals[0].metric',
    /did you mean "errors"/,
  ],
  [
    'a share of requests that were merely slow',
    'metric: errors, degraded',
    'metric: latency, degraded',
    'health.components[0].signals[0]',
    /does not count failed ones/,
  ],
  [
    'a burn rate without a budget',
    'degradedAbove: 1%, unhealthyAbove: 5%',
    'degradedBurn: 2',
    'health.components[0].signals[0]',
    /has no objective/,
  ],
  [
    'a smoke test that no group runs',
    '{ smoke: home }',
    '{ smoke: hom }',
    'health.components[0].signals[1].smoke',
    /did you mean "home"/,
  ],
  [
    'a dependency that is not declared',
    '{ name: mail, criticality',
    '{ name: mails, criticality',
    'health.components[0].dependsOn[0].name',
    /did you mean "mail"/,
  ],
  [
    'a flow called like a component',
    '- name: checkout',
    '- name: web',
    'health.flows[0].name',
    /called like a component/,
  ],
  [
    'a flow that nothing measures',
    'signals: [{ metric: orders }]',
    'signals: []',
    'health.flows[1]',
    /which nothing measures/,
  ],
  [
    'a circle',
    'signals: [{ alert: MailQueueStuck, means: degraded }]',
    'dependsOn: [{ name: web }]',
    'health.components[0].dependsOn',
    /depends on itself/,
  ],
]

test('a health section that says all there is to say is read', () => {
  const { strategy, problems } = inspectStrategy(FULL, 'full.yaml')
  expect(problems).toEqual([])
  expect(strategy?.health.components[0]?.signals[0]).toMatchObject({ degradedAbove: 100 })
  expect(strategy?.health.flows[1]).toMatchObject({ onUnhealthy: 'record', dependsOn: [] })
})

describe('health that cannot be known is refused:', () => {
  test.each(CASES)('%s', (_, from, to, path, says) => {
    expect(FULL).toContain(from)
    const { strategy, problems } = inspectStrategy(FULL.replace(from, to), 'full.yaml')
    expect(strategy).toBeNull()
    const told = problems.filter((problem) => problem.path === path).map(sayProblem)
    expect(told.join('\n')).toMatch(says)
  })
})
