import { stringify } from 'yaml'
import type { Scenario } from './scenarios.ts'

export interface DemoPlaces {
  readonly node: string
  readonly service: string
  /** `host:port` that users reach. */
  readonly listen: string
  readonly flagsFile: string
  readonly outbox: string
}

const CANARY_GROUPS = [
  { name: 'canary', share: '10%', bake: '5s', minExposure: 100 },
  { name: 'half', share: '50%', bake: '5s', minExposure: 200 },
  { name: 'everyone', share: '100%', bake: '5s', minExposure: 300 },
]

/** Blue-green: v2 is started and tested beside v1, then everybody is switched at once. */
const BLUE_GREEN_GROUPS = [
  { name: 'idle', share: '0%', bake: '3s', minExposure: 0 },
  { name: 'switched', share: '100%', bake: '10s', minExposure: 300 },
]

/**
 * The strategy of the demo, as the file that a user would review. Bakes are seconds instead of
 * hours, so that a scenario fits into a minute; everything else is as in earnest.
 */
export function demoStrategy(scenario: Scenario, places: DemoPlaces): string {
  const isFlagged = scenario.fault === 'flagged'
  const smoke = [
    { name: 'healthy', http: { path: '/healthz', status: 200, within: '2s' } },
    { name: 'sells', http: { path: '/search', status: 200, bodyContains: 'search' } },
  ]
  const groups = scenario.model === 'blue-green' ? BLUE_GREEN_GROUPS : CANARY_GROUPS
  return stringify({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      owner: 'team-shop',
      criticality: 'high',
      infrastructure: 'immutable',
      components: [
        {
          name: 'web',
          replicas: 1,
          platform: {
            driver: 'processes',
            command: [places.node, places.service, '{port}', '{release}'],
            env: {
              SHOP_FAULTS: JSON.stringify({ v2: scenario.fault }),
              ...(isFlagged ? { SHOP_FLAGS: places.flagsFile } : {}),
            },
            health: { path: '/healthz' },
          },
        },
      ],
    },
    traffic: { driver: 'builtin', listen: places.listen, subjectHeader: 'x-user' },
    exposure: { model: scenario.model, groups: groups.map((group) => ({ ...group, smoke })) },
    detection: {
      every: '250ms',
      metrics: [
        { name: 'errors', kind: 'error-rate' },
        { name: 'latency', kind: 'latency', tolerance: 1.2 },
      ],
    },
    mitigations: {
      fallback: { capacity: '100%', within: '1m' },
      rollback: { within: '2m' },
      ...(isFlagged ? { bypasses: [bypass(places)] } : {}),
      verifyFor: '5s',
    },
    decision: { tree: isFlagged ? [bypassBranch(), ...tree()] : tree() },
    communication: {
      channels: [{ name: 'outbox', driver: 'file', path: places.outbox }],
      audiences: [
        { name: 'team', channel: 'outbox', detail: 'internal', cadence: '15m' },
        { name: 'support', channel: 'outbox', detail: 'stakeholder', cadence: '30m' },
        { name: 'status-page', channel: 'outbox', detail: 'public', cadence: '30m' },
      ],
    },
  })
}

function tree() {
  return [
    {
      name: 'traffic-back',
      when: 'able.fallback',
      choose: 'fallback',
      approvals: [{ role: 'release-captain' }],
      because: 'the old stack is intact: moving the traffic back is quick and harms nobody',
    },
    { name: 'ask', choose: 'hold', because: 'there is nothing to go back to: a person decides' },
  ]
}

function bypassBranch() {
  return {
    name: 'switch-it-off',
    when: 'able.bypass && failure.verdict == "fail"',
    choose: 'bypass',
    bypass: 'old-checkout',
    approvals: [{ role: 'stakeholder' }],
    because:
      'only the new checkout fails, and it lies behind a flag: everything else of v2 may stay',
  }
}

function bypass(places: DemoPlaces) {
  return {
    name: 'old-checkout',
    flag: { driver: 'flagd', file: places.flagsFile, key: 'new-checkout', off: 'off' },
    covers: ['/checkout'],
    usersLose: 'the new one-page checkout; they get the old one',
    expiresAfter: '4h',
  }
}

/** The flags that the shop starts with. */
export const DEMO_FLAGS = {
  flags: {
    'new-checkout': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
  },
}
