import { type Strategy, StrategyFile } from '../../src/core/strategy/schema.ts'
import { ALERT_SOURCE } from './alert-source.ts'
import type { Chance } from './random.ts'
import { GOOD, type Quality } from './world.ts'

/** Longer than two beats that are late, shorter than a silence. */
const HEARTBEAT_MS = 10_000

/** What one seed is about: a strategy, the releases' qualities, the weather, the number of replicas. */
export interface Scenario {
  readonly strategy: Strategy
  readonly qualityOf: (release: string) => Quality
  readonly perSecond: number
  /** How much breaks, from 0 to 1. */
  readonly storm: number
  /** How often the telemetry source has a whim, from 0 to 1; it has them in fair weather too. */
  readonly whims: number
  readonly replicas: number
  /** Whether somebody raises alerts about what is rolled out. */
  readonly alerts: boolean
}

export function drawScenario(chance: Chance): Scenario {
  const candidate = chance.pick<Quality>([
    GOOD,
    { ...GOOD, errors: 1 },
    { ...GOOD, errors: 0.2, goodForMs: 20_000 },
    { ...GOOD, errors: 0.6, path: '/checkout' },
    { ...GOOD, tookMs: 200 },
    { ...GOOD, failsSmoke: true },
    { ...GOOD, neverStarts: true },
  ])
  const drawn = {
    strategy: drawStrategy(chance),
    qualityOf: (release: string) => (release === 'v1' ? GOOD : candidate),
    perSecond: chance.pick([20, 60, 150]),
    storm: chance.pick([0, 0.02, 0.1, 0.3]),
    whims: chance.pick([0, 0.05, 0.3]),
    replicas: chance.pick([1, 2]),
  }
  // Drawn last, so that a world with alerts is otherwise the world that it was without.
  const alerts = chance.happens(0.5)
  const heartbeats = chance.happens(0.3) ? [{ source: ALERT_SOURCE, every: HEARTBEAT_MS }] : []
  const { detection } = drawn.strategy
  const heard = { ...detection, alerts: { ...detection.alerts, heartbeats } }
  return { ...drawn, alerts, strategy: { ...drawn.strategy, detection: heard } }
}

const PROMETHEUS = { name: 'prom', driver: 'prometheus', url: 'http://127.0.0.1:9090' }

/** Who measures: the router, a telemetry source beside it, or that source alone. */
function drawDetection(chance: Chance): object {
  const errors = { name: 'errors', kind: 'error-rate' }
  const latency = { name: 'latency', kind: 'latency', tolerance: 1.5 }
  const source = 'prom'
  const query = {
    errors: { requests: 'all{stack="$stack"}', errors: 'bad{stack="$stack"}' },
    latency: { buckets: 'time_bucket{stack="$stack"}' },
  }
  const measured = chance.pick(['router', 'both', 'telemetry'] as const)
  const metrics = {
    router: [errors, latency],
    both: [errors, { ...errors, name: 'orders', source, query: query.errors }],
    telemetry: [
      { ...errors, source, query: query.errors },
      { ...latency, source, query: query.latency },
    ],
  }[measured]
  // Looked at in bakes of seconds, so that silence is noticed within one.
  return { every: '500ms', staleAfter: '1500ms', sources: [PROMETHEUS], metrics }
}

function drawStrategy(chance: Chance): Strategy {
  const isBlueGreen = chance.happens(0.3)
  const smoke = [{ name: 'answers', http: { path: '/healthz' } }]
  const groups = isBlueGreen
    ? [
        { name: 'idle', share: '0%', bake: '2s', minExposure: 0, smoke },
        { name: 'switched', share: '100%', bake: '10s', minExposure: 100, smoke },
      ]
    : [
        { name: 'canary', share: '10%', bake: '5s', minExposure: 50, smoke },
        { name: 'half', share: '50%', bake: '5s', minExposure: 100, smoke },
        { name: 'everyone', share: '100%', bake: '5s', minExposure: 100, smoke },
      ]
  const asks = chance.happens(0.5)
  const credits = chance.happens(0.5)
    ? [{ mitigation: 'fallback' as const, rehearsedOn: '2026-11-20', evidence: 'drill 12' }]
    : []
  const bypass = chance.happens(0.4)
  const approvals = asks ? [{ role: 'release-captain', count: chance.pick([1, 2]) }] : []
  return StrategyFile.parse({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [
        { name: 'web', replicas: 2, platform: { driver: 'processes', command: ['shop'] } },
      ],
      configuration: ['/etc/shop.yaml'],
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:8080' },
    exposure: { model: isBlueGreen ? 'blue-green' : 'canary', groups },
    detection: drawDetection(chance),
    mitigations: {
      fallback: {},
      rollback: {},
      bypasses: bypass
        ? [
            {
              name: 'old-checkout',
              flag: { driver: 'flagd', file: 'flags.json', key: 'new-checkout', off: 'off' },
              covers: ['/checkout'],
              usersLose: 'the new checkout',
              expiresAfter: '2m',
            },
          ]
        : [],
      verifyFor: '5s',
    },
    decision: {
      tree: [
        ...(bypass
          ? [
              {
                name: 'switch-off',
                when: 'able.bypass',
                choose: 'bypass' as const,
                bypass: 'old-checkout',
                approvals: [{ role: 'stakeholder' }],
                because: 'only the new checkout fails',
              },
            ]
          : []),
        {
          name: 'back',
          choose: chance.pick(['fallback', 'rollback'] as const),
          approvals,
          approveWithin: '3m',
          because: 'the old stack is there',
        },
        { name: 'ask', choose: 'hold', because: 'a person decides' },
      ],
    },
    communication: {
      channels: [{ name: 'outbox', driver: 'file', path: 'outbox.jsonl' }],
      audiences: [
        { name: 'team', channel: 'outbox', detail: 'internal', cadence: '5m' },
        { name: 'status', channel: 'outbox', detail: 'public', cadence: '10m' },
      ],
    },
    practice: { credits },
  })
}
