import { describe, expect, test } from 'vitest'
import {
  allSeen,
  approved,
  captured,
  type Flight,
  fly,
  judged,
  later,
  type Moment,
  says,
  seenUntil,
  TAKE_OFF,
  told,
  well,
} from '../../../test/support/flight.ts'
import {
  BOB,
  CANARY_OPEN,
  CAROL,
  FALLBACK,
  type Scenarios,
  storyOf,
} from '../../../test/support/scenarios.ts'
import { BACK_TREE, NO_CHECKOUT, sampleStrategy } from '../../../test/support/strategies.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import type { Signal } from '../signal/signal.ts'

/** An alert that began `ago` before now. */
function signalOf(flight: Flight, change: Partial<Signal> = {}): Signal {
  return {
    source: 'alertmanager',
    fingerprint: 'f1',
    startsAt: flight.now,
    status: 'firing',
    severity: 'critical',
    name: 'HighErrors',
    summary: '13 % of requests fail',
    labels: { goaround_rollout: 'r1' },
    seenAt: flight.now,
    ...change,
  }
}

function alert(change: Partial<Signal> = {}, startedAgo = 0): Moment {
  return (flight) => {
    const startsAt = flight.now - startedAgo
    const signal = signalOf(flight, { startsAt, ...change })
    flight.tell({ type: 'take-signal', signal, now: flight.now })
  }
}

function listens(heardAgo: number | null): Moment {
  return (flight) => {
    const at = heardAgo === null ? null : flight.now - heardAgo
    flight.tell({ type: 'listen', heard: { alertmanager: at }, now: flight.now })
    flight.tell({ type: 'tick', now: flight.now })
  }
}

const passesTime =
  (by: number): Moment =>
  (flight) => {
    flight.now += by
  }

const WARNING = { severity: 'warning', name: 'Slow', fingerprint: 'f2' } as const
const ENDS = { status: 'resolved' } as const
const HEARTBEAT = sampleStrategy({
  detection: { alerts: { heartbeats: [{ source: 'alertmanager', every: '30s' }] } },
})
const BYPASS_TREE = [
  { name: 'switch-off', choose: 'bypass', bypass: 'no-checkout', because: 'only paying fails' },
  ...BACK_TREE,
] as const

const SCENARIOS: Scenarios = {
  'a critical alert halts at once, without asking, and the tree answers': {
    moments: [captured(), allSeen, judged('pass'), passesTime(SECOND), alert(), allSeen],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'signal.fired HighErrors: halt',
      'rollout.halted alert',
      'decision.made fall-back: fallback',
      ...FALLBACK,
    ],
  },
  'an alert that is delivered twice is one signal': {
    strategy: sampleStrategy({ credits: [] }),
    moments: [
      captured(),
      allSeen,
      passesTime(SECOND),
      alert(),
      alert({ seenAt: TAKE_OFF + 9_999 }),
    ],
    story: [
      ...CANARY_OPEN,
      'signal.fired HighErrors: halt',
      'rollout.halted alert',
      'decision.made fall-back: fallback, asks 1 × on-call',
    ],
  },
  'an alert that began before anybody was exposed is recorded and not held against the rollout': {
    moments: [captured(), allSeen, alert({}, MINUTE), well(MINUTE)],
    story: [
      ...CANARY_OPEN,
      'signal.fired HighErrors: record',
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
    ],
  },
  'an alert about a group that was not exposed yet is recorded': {
    moments: [captured(), allSeen, alert({ labels: { goaround_group: 'half' } })],
    story: [...CANARY_OPEN, 'signal.fired HighErrors: record'],
  },
  'no group passes while a warning fires, and the bake begins anew when it is over': {
    moments: [
      captured(),
      allSeen,
      judged('pass'),
      passesTime(50 * SECOND),
      alert(WARNING),
      judged('pass'),
      passesTime(MINUTE),
      judged('pass'),
      alert({ ...WARNING, ...ENDS }, MINUTE),
      judged('pass'),
      passesTime(MINUTE - 1),
      judged('pass'),
      passesTime(1),
      judged('pass'),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'signal.fired Slow: hold',
      'verdict.reached inconclusive',
      'signal.resolved Slow',
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
    ],
  },
  'a warning that came and went between two looks costs the bake its unbroken stretch': {
    moments: [
      captured(),
      allSeen,
      judged('pass'),
      passesTime(50 * SECOND),
      alert(WARNING),
      alert({ ...WARNING, ...ENDS }),
      passesTime(59 * SECOND),
      judged('pass'),
      passesTime(SECOND),
      judged('pass'),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'signal.fired Slow: hold',
      'signal.resolved Slow',
      'group.passed canary',
      'group.opened half',
    ],
  },
  'an end that overtakes its beginning is believed: the late beginning changes nothing': {
    moments: [captured(), allSeen, passesTime(SECOND), alert(ENDS), alert(), well(MINUTE)],
    story: [
      ...CANARY_OPEN,
      'signal.resolved HighErrors',
      'verdict.reached pass',
      'group.passed canary',
      'group.opened half',
    ],
  },
  'a fault that comes back has begun anew and is another signal': {
    moments: [
      captured(),
      allSeen,
      alert(WARNING),
      alert({ ...WARNING, ...ENDS }),
      passesTime(SECOND),
      alert(WARNING),
    ],
    story: [
      ...CANARY_OPEN,
      'signal.fired Slow: hold',
      'signal.resolved Slow',
      'signal.fired Slow: hold',
    ],
  },
  'the next group is not opened while an alert fires, and is opened once it is over': {
    moments: [
      captured(),
      allSeen,
      judged('pass'),
      passesTime(MINUTE),
      judgedWithoutTick('pass'),
      alert(WARNING),
      later(0),
      later(MINUTE),
      alert({ ...WARNING, ...ENDS }, MINUTE),
      later(0),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached pass',
      'group.passed canary',
      'signal.fired Slow: hold',
      'group.waiting half for signals',
      'signal.resolved Slow',
      'group.opened half',
    ],
  },
  'whoever resumes after an alert is not halted by the same one again, and nothing passes until it is over':
    {
      strategy: sampleStrategy({ credits: [] }),
      moments: [
        captured(),
        allSeen,
        passesTime(SECOND),
        alert(),
        says('resume', 'bob'),
        alert({}, 0),
        well(MINUTE),
        alert(ENDS),
        well(MINUTE),
      ],
      story: [
        ...CANARY_OPEN,
        'signal.fired HighErrors: halt',
        'rollout.halted alert',
        'decision.made fall-back: fallback, asks 1 × on-call',
        'rollout.resumed by bob',
        'verdict.reached inconclusive',
        'signal.resolved HighErrors',
        'verdict.reached pass',
        'group.passed canary',
        'group.opened half',
      ],
    },
  'an alert that begins while a bypass holds the rollout says that it has not helped': {
    strategy: sampleStrategy({
      tree: BYPASS_TREE,
      mitigations: { bypasses: [{ ...NO_CHECKOUT, covers: ['/checkout'] }] },
    }),
    moments: [
      captured(),
      allSeen,
      judged('fail', '/checkout'),
      approved(BOB),
      approved(CAROL),
      allSeen,
      passesTime(SECOND),
      alert(),
    ],
    story: [
      ...CANARY_OPEN,
      'verdict.reached fail',
      'rollout.halted verdict',
      'decision.made switch-off: bypass, asks 1 × stakeholder',
      'approval.given stakeholder by carol',
      'mitigation.began bypass',
      'step.seen 1-flag',
      'step.seen 2-verify',
      'mitigation.took-effect bypass',
      'signal.fired HighErrors: halt',
      'rollout.halted alert',
      'mitigation.did-not-help bypass',
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
    ],
  },
  'nothing is opened before a source with a heartbeat was heard, and nothing passes once it is silent':
    {
      strategy: HEARTBEAT,
      moments: [
        captured(),
        listens(null),
        listens(SECOND),
        allSeen,
        judged('pass'),
        passesTime(40 * SECOND),
        listens(40 * SECOND),
        judged('pass'),
        passesTime(MINUTE),
        judged('pass'),
        listens(0),
        well(MINUTE),
      ],
      story: [
        'rollout.started',
        'rollout.baseline-captured',
        'group.waiting canary for signals',
        'source.silent alertmanager',
        'source.heard alertmanager',
        ...CANARY_OPEN.slice(2),
        'verdict.reached pass',
        'source.silent alertmanager',
        'verdict.reached error',
        'source.heard alertmanager',
        'verdict.reached pass',
        'group.passed canary',
        'group.opened half',
      ],
    },
}

function judgedWithoutTick(kind: 'pass'): Moment {
  return (flight) => {
    const verdict = { kind, because: 'fine', exposed: 400, evidence: [] }
    flight.tell({ type: 'judge', watch: flight.watch, verdict, routes: [], now: flight.now })
  }
}

describe('a rollout that is spoken about from outside', () => {
  test.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
    expect(storyOf(scenario)).toStrictEqual(scenario.story)
  })

  test('says which alert fires since when, and a person cannot promote over it', () => {
    const flight = fly(sampleStrategy(), captured(), allSeen, alert(WARNING), judged('pass'))
    const stage = flight.state.rollout?.stage
    expect(stage?.at === 'baking' ? stage.verdict : null).toMatchObject({
      kind: 'inconclusive',
      because: "warning alert 'Slow' of alertmanager fires since 2026-11-23T10:00:00.000Z",
    })
    flight.tell({ type: 'promote', by: 'bob', now: flight.now })
    expect(flight.refusals).toStrictEqual(['promote: not-measured'])
  })

  test('names a silent source and since when it is silent', () => {
    const flight = fly(HEARTBEAT, captured(), listens(0), allSeen, passesTime(31 * SECOND))
    listens(31 * SECOND)(flight)
    judged('pass')(flight)
    const stage = flight.state.rollout?.stage
    expect(stage?.at === 'baking' ? stage.verdict?.because : null).toBe(
      'alertmanager is silent since 2026-11-23T10:00:00.000Z (a heartbeat is promised every 30s), so what it would say is unknown',
    )
  })

  test('lets the tree ask which alerts fire', () => {
    const tree = [
      {
        name: 'data',
        when: '"DataLoss" in alerts.firing && "critical" in alerts.severities',
        choose: 'hold',
        because: 'going back would lose more',
      },
      ...BACK_TREE,
    ] as const
    const loss = alert({ name: 'DataLoss' })
    const flight = fly(sampleStrategy({ tree }), captured(), allSeen, passesTime(1), loss)
    expect(told(flight).at(-1)).toBe('decision.made data: hold')
  })

  test('keeps what is known of an alert storm bounded, and still halts', () => {
    const flight = fly(sampleStrategy(), captured(), allSeen, passesTime(1))
    for (let one = 0; one < 600; one += 1) alert({ ...WARNING, fingerprint: `w${one}` })(flight)
    expect(flight.state.rollout?.signals.length).toBe(500)
    expect(flight.refusals[0]).toBe('take-signal: too-many-signals')
    alert()(flight)
    expect(flight.state.rollout?.signals.length).toBe(500)
    expect(flight.state.rollout?.stage.at).toBe('halted')
  })

  test('counts an alert against the group that was exposed when it began', () => {
    const flight = fly(sampleStrategy(), captured(), allSeen, well(MINUTE), later(1), allSeen)
    passesTime(SECOND)(flight)
    alert({ labels: { goaround_group: 'canary', route: '/pay' } })(flight)
    expect(flight.state.failing).toMatchObject({
      kind: 'alert',
      group: 'canary',
      routes: ['/pay'],
      because:
        "group 'canary': critical alert 'HighErrors' of alertmanager fires: 13 % of requests fail",
    })
  })
})

describe('reports of users', () => {
  const sticky = sampleStrategy({
    groups: [
      { name: 'few', share: '5%', cohort: ['ann', 'ben', 'cat'], bake: '1m' },
      { name: 'all', share: '100%', bake: '1m' },
    ],
    detection: { alerts: { reports: { haltAfter: 3 } } },
  })
  const strategy = {
    ...sticky,
    traffic: { driver: 'builtin' as const, listen: '127.0.0.1:8080', subjectHeader: 'x-user' },
  }

  const reports =
    (user: string): Moment =>
    (flight) => {
      const { now } = flight
      flight.tell({ type: 'take-report', user, says: 'I cannot pay', occurredAt: now, now })
    }

  test('name the release and the group that served the user, and never the user', () => {
    const flight = fly(strategy, captured(), seenUntil('route'), allSeen, reports('ann'))
    const received = flight.events.at(-1)
    expect(received).toMatchObject({
      type: 'report.received',
      data: { arm: 'candidate', group: 'few', release: 'v2', says: 'I cannot pay' },
    })
    expect(JSON.stringify(received)).not.toContain('"ann"')
  })

  test('halt once enough different users of the candidate have reported', () => {
    const flight = fly(
      strategy,
      captured(),
      allSeen,
      reports('ann'),
      reports('ann'),
      reports('ben'),
    )
    expect(flight.state.rollout?.stage.at).toBe('baking')
    reports('cat')(flight)
    expect(told(flight).slice(-4)).toStrictEqual([
      'report.received of the candidate',
      'rollout.halted report',
      'decision.made fall-back: fallback',
      'mitigation.began fallback',
    ])
  })

  test('do not halt when users of the old release report as much', () => {
    const others = Array.from({ length: 60 }, (_, number) => reports(`user-${number}`))
    const candidates = ['ann', 'ben', 'cat'].map(reports)
    const flight = fly(strategy, captured(), allSeen, ...others, ...candidates)
    expect(flight.state.rollout?.reports.length).toBe(63)
    expect(flight.state.rollout?.stage.at).toBe('baking')
  })

  test('are recorded and nothing else where the strategy does not ask for more', () => {
    const quiet = { ...strategy, detection: sampleStrategy().detection }
    const flight = fly(quiet, captured(), allSeen, reports('ann'), reports('ben'), reports('cat'))
    expect(flight.state.rollout?.stage.at).toBe('baking')
  })

  test('are not given to a release where each request is drawn by itself', () => {
    const flight = fly(sampleStrategy(), captured(), allSeen, reports('ann'))
    expect(flight.events.at(-1)).toMatchObject({ data: { arm: 'unknown', release: null } })
  })
})
