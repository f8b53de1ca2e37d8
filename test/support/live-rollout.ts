import {
  type IncidentCommand,
  type IncidentEvent,
  type IncidentState,
  incidentDecider,
  owed,
} from '../../src/core/communicate/incident.ts'
import {
  type Course,
  type CourseCommand,
  type CourseEvent,
  course as courseDecider,
} from '../../src/core/course/course.ts'
import { wantsOf } from '../../src/core/course/wants.ts'
import { type DriverFailure, failure } from '../../src/core/kernel/failure.ts'
import { type Instant, MINUTE, type Millis, SECOND } from '../../src/core/kernel/instant.ts'
import {
  type PostmortemCommand,
  type PostmortemEvent,
  type PostmortemState,
  postmortemDecider,
} from '../../src/core/learn/postmortem.ts'
import type { Baseline } from '../../src/core/rollout/state.ts'
import { type Strategy, StrategyFile } from '../../src/core/strategy/schema.ts'
import type { Actor } from '../../src/core/words/actor.ts'
import type { Verdict } from '../../src/core/words/verdict.ts'
import { reactionsTo } from '../../src/engine/reactions.ts'
import { testReport } from './test-outcomes.ts'

/** 2026-11-23 14:00 UTC, a Monday. */
export const START: Instant = 1_795_442_400_000
/** How long each step takes from being asked for to being seen. */
const STEP_TAKES_MS = 3 * SECOND

/** Names that only the team may read; tests look for them in every other text. */
export const INNER_NAMES = {
  stacks: ['cobalt-stack', 'amber-stack'],
  metrics: ['zeta-http-5xx', 'zeta-latency'],
  people: ['person:zoe.quill', 'zoe.quill', 'person:omar.rusk', 'omar.rusk', 'token:ci-zulu'],
  hosts: ['db7.zulu.internal', '10.77.41.9', 'https://grafana.zulu.internal/d/417'],
  components: ['checkout-api-zulu'],
  flags: ['zulu-recommendations', '/etc/zulu/flags.json'],
  numbers: ['73939', '73,939', '1234577', '1,234,577'],
} as const

export const CAPTAIN: Actor = { name: 'person:zoe.quill', roles: ['release-captain'] }
export const STAKEHOLDER: Actor = { name: 'person:omar.rusk', roles: ['stakeholder'] }

/** Strategy parts that a test may want different. */
export interface Choices {
  /** Which branches the tree has, in order; a fallback that a release captain approves by default. */
  readonly tree?: readonly Record<string, unknown>[]
  readonly credits?: readonly Record<string, unknown>[]
  readonly audiences?: readonly Record<string, unknown>[]
  readonly smoke?: readonly Record<string, unknown>[]
  readonly afterwards?: 'hold' | 'continue'
  /** Whether the second group is opened by hand. */
  readonly manual?: boolean
}

export const FALLBACK = {
  name: 'go-back',
  choose: 'fallback',
  approvals: [{ role: 'release-captain' }],
  approveWithin: '30m',
  because: 'the old stack still runs beside the new one',
}
export const ROLLBACK = {
  name: 'restore',
  choose: 'rollback',
  because: 'everything goes back to the last known good state',
}
export const BYPASS = {
  name: 'switch-it-off',
  choose: 'bypass',
  bypass: 'no-recommendations',
  approvals: [{ role: 'stakeholder' }],
  because: 'only one feature fails, and it can be switched off',
}
export const HOLD = { name: 'wait', choose: 'hold', because: 'a person has to look at it' }
export const REHEARSED = {
  mitigation: 'fallback',
  rehearsedOn: '2026-11-20',
  evidence: 'game day of 20 November',
}

export const AUDIENCES = [
  { name: 'team', channel: 'chat', detail: 'internal', cadence: '15m' },
  { name: 'product', channel: 'mail', detail: 'stakeholder', cadence: '30m' },
  { name: 'customers', channel: 'page', detail: 'public', cadence: '1h' },
]

/** A strategy with every way out, and inner names that no outsider may read. */
export function checkoutStrategy(choices: Choices = {}): Strategy {
  const [errors, latency] = INNER_NAMES.metrics
  return StrategyFile.parse({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'checkout',
      stacks: [...INNER_NAMES.stacks],
      components: [
        {
          name: INNER_NAMES.components[0],
          replicas: 2,
          platform: { driver: 'exec', deploy: ['deploy'], state: ['state'] },
        },
      ],
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:8080' },
    exposure: {
      model: 'canary',
      groups: [
        { name: 'canary', share: '5%', bake: '10m', smoke: choices.smoke ?? [] },
        { name: 'half', share: '50%', bake: '10m', manual: choices.manual ?? false },
        { name: 'everyone', share: '100%', bake: '10m' },
      ],
    },
    detection: {
      metrics: [
        { name: errors, kind: 'error-rate' },
        { name: latency, kind: 'latency' },
      ],
    },
    mitigations: {
      fallback: {},
      rollback: {},
      hotfix: { effort: '2h' },
      bypasses: [
        {
          name: 'no-recommendations',
          flag: {
            driver: 'flagd',
            file: INNER_NAMES.flags[1],
            key: INNER_NAMES.flags[0],
            off: 'none',
          },
          usersLose: 'Nobody is shown recommendations.',
          expiresAfter: '4h',
          afterwards: choices.afterwards ?? 'hold',
        },
      ],
    },
    decision: { tree: choices.tree ?? [FALLBACK, ROLLBACK, HOLD] },
    communication: {
      channels: ['chat', 'mail', 'page'].map((name) => ({ name, driver: 'terminal' })),
      audiences: choices.audiences ?? AUDIENCES,
    },
    practice: { credits: choices.credits ?? [] },
  })
}

/** The candidate fails visibly: 34 of 412 requests against 9 of 73,939. */
export const FAILING: Verdict = {
  kind: 'fail',
  because: `${INNER_NAMES.metrics[0]}: candidate 34 of 412 (8.3 %) against control 9 of 73,939 (0.012 %); a fair candidate would look this bad less than once in 1,234,577 rollouts`,
  exposed: 412,
  evidence: [
    {
      metric: INNER_NAMES.metrics[0],
      verdict: 'fail',
      because: 'far more errors than the control',
      candidate: { n: 412, events: 34 },
      control: { n: 73_939, events: 9 },
      ratio: 678,
      logE: 14.02,
      logEToFire: 5.3,
    },
    {
      metric: INNER_NAMES.metrics[1],
      verdict: 'inconclusive',
      because: 'no slower than the control',
      candidate: { n: 412, events: 4 },
      control: { n: 73_939, events: 718 },
      ratio: 1,
      logE: 0.1,
      logEToFire: 5.3,
    },
  ],
}
export const WELL: Verdict = {
  kind: 'pass',
  because: 'nothing is worse than the control',
  exposed: 2_000,
  evidence: FAILING.evidence.map((one) => ({
    ...one,
    verdict: 'pass' as const,
    candidate: { n: 2_000, events: 1 },
    ratio: 1,
    logE: -1,
  })),
}

const BASELINE: Baseline = {
  state: {
    stacks: {
      [INNER_NAMES.stacks[0]]: { [INNER_NAMES.components[0]]: { release: 'v1', replicas: 2 } },
      [INNER_NAMES.stacks[1]]: { [INNER_NAMES.components[0]]: { release: null, replicas: 0 } },
    },
    routing: { [INNER_NAMES.stacks[0]]: 10_000, [INNER_NAMES.stacks[1]]: 0 },
    flags: {},
    configuration: {},
  },
  serving: INNER_NAMES.stacks[0],
  release: 'v1',
  sealed: null,
  drift: [],
}

type AnyEvent = CourseEvent | IncidentEvent | PostmortemEvent

/**
 * One rollout of checkout v2 that lives through what a test lets happen, with its incident and
 * its postmortem, as the engine would drive them but without any outside world. Time moves only
 * when the test says so.
 */
export class LiveRollout {
  now = START
  readonly strategy: Strategy
  readonly history: { readonly event: AnyEvent; readonly at: Instant }[] = []
  course: Course = courseDecider.initial
  incident: IncidentState = null
  postmortem: PostmortemState = null
  /** Channels that do not accept anything, with what they answer. */
  readonly down = new Map<string, DriverFailure>()

  constructor(choices: Choices = {}) {
    this.strategy = checkoutStrategy(choices)
    this.tell({
      type: 'start',
      id: 'checkout-7',
      release: 'v2',
      strategy: this.strategy,
      strategyDigest: 'd1',
      by: INNER_NAMES.people[4],
      hotfixFor: null,
      now: this.now,
    })
    this.tell({ type: 'capture-baseline', baseline: BASELINE, now: this.now })
  }

  tell(command: CourseCommand): this {
    const outcome = courseDecider.decide(command, this.course)
    if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
    for (const event of outcome.value) {
      this.course = courseDecider.evolve(this.course, event)
      this.history.push({ event, at: this.now })
    }
    return this
  }

  wait(ms: Millis): this {
    this.now += ms
    this.tell({ type: 'tick', now: this.now })
    return this.react()
  }

  /** Waits in small pieces, delivering what becomes due meanwhile. */
  live(ms: Millis, piece: Millis = MINUTE): this {
    for (const end = this.now + ms; this.now < end; ) {
      this.wait(Math.min(piece, end - this.now))
      this.deliver()
    }
    return this
  }

  /** Sees the present step, and each one after it, a few seconds apart. */
  seeSteps(count = Number.POSITIVE_INFINITY): this {
    this.tell({ type: 'tick', now: this.now })
    for (let left = count; left > 0; left -= 1) {
      const { step } = wantsOf(this.course)
      if (step === null) break
      this.now += STEP_TAKES_MS
      const evidence = `${INNER_NAMES.hosts[0]} says so`
      const report = { step: step.step.id, attempt: step.attempt, evidence, now: this.now }
      const test = testReport(this.course.rollout?.id ?? '', step.step, 'pass')
      this.tell({ type: 'report-seen', ...report, ...test })
    }
    return this.react()
  }

  failStep(retry: DriverFailure['retry'] = 'never'): this {
    const { step } = wantsOf(this.course)
    if (step === null) throw new Error('no step is under way')
    const { attempt } = step
    const problem = failure('unreachable', retry, `no answer from ${INNER_NAMES.hosts[1]}`)
    return this.tell({
      type: 'report-failure',
      step: step.step.id,
      attempt,
      failure: problem,
      now: this.now,
      ...testReport(this.course.rollout?.id ?? '', step.step, 'fail'),
    }).react()
  }

  judge(verdict: Verdict): this {
    const { measure } = wantsOf(this.course)
    if (measure === null) throw new Error('nothing is measured')
    const routes = verdict.kind === 'fail' ? ['/pay', '/cart'] : []
    const { watch } = measure
    return this.tell({ type: 'judge', watch, verdict, routes, now: this.now }).react()
  }

  /** Opens the next group and lets it pass. */
  passGroup(): this {
    this.seeSteps().judge(WELL)
    this.now += 10 * MINUTE
    return this.judge(WELL)
  }

  /** Opens the next group and lets it fail after a while. */
  failGroup(after: Millis = 40 * SECOND): this {
    this.seeSteps()
    this.now += after
    return this.judge(FAILING)
  }

  approve(actor: Actor = CAPTAIN): this {
    const hash = this.course.response?.decision.hash ?? ''
    return this.tell({ type: 'approve', actor, hash, now: this.now }).react()
  }

  /** Carries the news to the incident and the postmortem, until nothing follows any more. */
  react(): this {
    for (let round = 0; round < 20; round += 1) {
      const { course, incident, postmortem } = this
      const reactions = reactionsTo({ course, incident, postmortem }, this.now)
      const before = this.history.length
      for (const { to, command } of reactions) {
        if (to === 'incident') this.tellIncident(command)
        else this.#tellPostmortem(command)
      }
      if (this.history.length === before) return this
    }
    throw new Error('the reactions do not come to rest')
  }

  /** Offers every message that is due to its channel. */
  deliver(): this {
    const due = this.incident === null ? [] : owed(this.incident)
    for (const { id, channel, retryAt } of due.filter((one) => one.retryAt <= this.now)) {
      const problem = this.down.get(channel)
      if (problem === undefined)
        this.tellIncident({ type: 'report-delivered', id, evidence: '250 OK', now: this.now })
      else if (retryAt <= this.now)
        this.tellIncident({ type: 'report-failure', id, failure: problem, now: this.now })
    }
    return this.react()
  }

  tellIncident(command: IncidentCommand): void {
    const outcome = incidentDecider.decide(command, this.incident)
    if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
    for (const event of outcome.value) {
      this.incident = incidentDecider.evolve(this.incident, event)
      this.history.push({ event, at: this.now })
    }
  }

  #tellPostmortem(command: PostmortemCommand): void {
    const outcome = postmortemDecider.decide(command, this.postmortem)
    if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.problem.code}`)
    for (const event of outcome.value) {
      this.postmortem = postmortemDecider.evolve(this.postmortem, event)
      this.history.push({ event, at: this.now })
    }
  }
}
