import { describe, expect, test } from 'vitest'
import { readOpenSlo } from './open-slo.ts'
import { sayProblem } from './problem.ts'

const FILE = `# Objectives of the shop
apiVersion: openslo/v1
kind: Service
metadata: { name: shop }
spec: { description: the shop }
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
spec:
  service: shop
  indicatorRef: checkout
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: Foundation
      target: 0.999
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: checkout }
spec:
  ratioMetric:
    counter: true
    good:
      metricSource:
        type: Prometheus
        spec: { query: 'http_requests_total{stack="$stack",code!~"5.."}' }
    total:
      metricSource:
        type: Prometheus
        spec: { query: 'http_requests_total{stack="$stack"}' }
`

function read(text: string) {
  const metrics = readOpenSlo(text, 'slo.yaml', 'prom')
  return metrics.ok ? metrics.value : []
}

function refused(text: string): readonly string[] {
  const metrics = readOpenSlo(text, 'slo.yaml', 'prom')
  return metrics.ok ? [] : metrics.problem.map(sayProblem)
}

describe('an OpenSLO file', () => {
  test('becomes metrics with their objective; bad requests are all but the good ones', () => {
    expect(read(FILE)).toEqual([
      {
        name: 'checkout-availability',
        source: 'prom',
        kind: 'error-rate',
        slo: { objective: '99.9%', window: '28d' },
        query: {
          requests: 'http_requests_total{stack="$stack"}',
          errors:
            'sum(http_requests_total{stack="$stack"}) - sum(http_requests_total{stack="$stack",code!~"5.."})',
        },
      },
    ])
  })

  test('bad requests are taken as they are counted', () => {
    const [metric] = read(FILE.replace('good:', 'bad:').replace('!~', '=~'))
    expect(metric).toMatchObject({
      query: { errors: 'http_requests_total{stack="$stack",code=~"5.."}' },
    })
  })

  test.each([
    ['openslo/v1\nkind: SLO', 'openslo/v2\nkind: SLO', /^slo\.yaml:7:13 apiVersion: .*openslo\/v1/],
    ['indicatorRef: checkout', 'indicatorRef: check', /^slo\.yaml:13:17 .*one of "checkout"/],
    ['counter: true', 'counter: false', /^slo\.yaml:27:14 .*counter: true/],
    ['target: 0.999', 'target: 1.5', /^slo\.yaml:20:15 spec\.objectives\[0\]\.target/],
    ['duration: 28d', 'duration: month', /^slo\.yaml:15:17 .*such as "30d"/],
    ['    good:', '    fine:', /^slo\.yaml:27:5 .*neither "good" nor "bad"/],
    ['{stack="$stack"}\'', "{}'", /^slo\.yaml:35:24 .*both stacks at once/],
    ['{stack="$stack"}\'', '{stack="$stak"}\'', /^slo\.yaml:35:24 .*"\$stak"/],
    ['type: Prometheus', 'type: Datadog', /^slo\.yaml:30:15 .*"Prometheus"/],
    ['kind: SLI', 'kind: [', /^slo\.yaml:2[345]/],
  ])('with %s as %s is refused at its place', (from, to, says) => {
    expect(FILE).toContain(from)
    expect(refused(FILE.replace(from, to)).join('\n')).toMatch(says)
  })
})
