import type {
  MitigationView,
  RolloutView,
  StepView,
  TestView,
} from '../../contract/rollout-view.ts'
import type { CourseEvent } from '../../core/course/course.ts'
import type { Step } from '../../core/step/step.ts'
import type { TestOutcome } from '../../core/words/test-outcome.ts'
import { aheadOf, isStepEvent, withStep } from './steps.ts'

/** What a picture of a rollout needs from its past: the state alone forgets finished plans. */
export interface Story {
  /** The plan that is under way, or was the last one. */
  readonly plan: readonly Step[]
  readonly steps: readonly StepView[]
  readonly mitigation: MitigationView | null
  readonly exposure: Pick<RolloutView['exposure'], 'share' | 'seen'>
  readonly times: RolloutView['times']
  /** The last outcome of each test of each round, in the order in which they came. */
  readonly tests: readonly TestView[]
}

/** Tells the story of a rollout from its facts, oldest first. */
export function storyOf(facts: readonly CourseEvent[]): Story {
  const start: Story = {
    plan: [],
    steps: [],
    mitigation: null,
    tests: [],
    exposure: { share: 0, seen: true },
    times: {
      startedAt: 0,
      haltedAt: null,
      decidedAt: null,
      mitigationBeganAt: null,
      mitigatedAt: null,
      endedAt: null,
    },
  }
  return facts.reduce(goOn, start)
}

function goOn(story: Story, event: CourseEvent): Story {
  if (isStepEvent(event)) return stepped(story, event)
  const { at } = event.data
  switch (event.type) {
    case 'rollout.started':
      return withTimes(story, { startedAt: at })
    case 'group.opened':
    case 'group.testing':
      return withPlan(story, event.data.plan)
    case 'test.ended':
      return { ...story, tests: withTest(story.tests, event.data) }
    case 'rollout.halted':
      return withTimes(story, { haltedAt: at })
    case 'decision.made':
      return withTimes(story, { decidedAt: at })
    case 'mitigation.began': {
      const { choose, authority, plan } = event.data
      const mitigation: MitigationView = {
        choose,
        authority,
        state: 'under-way',
        because: null,
        steps: [...aheadOf(plan)],
        beganAt: at,
        until: null,
      }
      return withTimes({ ...withPlan(story, plan), mitigation }, { mitigationBeganAt: at })
    }
    case 'mitigation.took-effect': {
      const { because, until } = event.data
      const done = withMitigation(story, { state: 'in-effect', because, until })
      return withTimes(done, { mitigatedAt: at })
    }
    // Both are also said of a way out that nobody approved; an older one keeps its own end then.
    case 'mitigation.did-not-help':
      return ended(story, 'did-not-help', event.data.because)
    case 'mitigation.expired':
      return ended(story, 'expired', event.data.because)
    case 'rollout.completed':
    case 'rollout.ended':
      return withTimes(story, { endedAt: at })
    case 'rollout.baseline-captured':
    case 'rollout.baseline-unknown':
    case 'rollout.paused':
    case 'rollout.resumed':
    case 'rollout.reminded':
    case 'group.waiting':
    case 'group.passed':
    case 'verdict.reached':
    case 'shadow.would-have-halted':
    case 'health.changed':
    case 'exposure.reasserted':
    case 'signal.fired':
    case 'signal.resolved':
    case 'report.received':
    case 'source.heard':
    case 'source.silent':
    case 'approval.given':
    case 'approval.rejected':
    case 'approval.overdue':
      return story
  }
}

function stepped(story: Story, event: Extract<CourseEvent, { type: `step.${string}` }>): Story {
  const steps = withStep(story.steps, event)
  const mitigation =
    story.mitigation?.state === 'under-way'
      ? { ...story.mitigation, steps: [...steps] }
      : story.mitigation
  const action = story.plan.find(({ id }) => id === event.data.step)?.action
  const next = { ...story, steps, mitigation }
  if (action?.kind !== 'route' || event.type === 'step.failed') return next
  return {
    ...next,
    exposure: { share: action.route.buckets, seen: event.type === 'step.seen' },
  }
}

function withTest(
  tests: readonly TestView[],
  { test: name, of, verdict, because, provedBy, counts, artefacts, startedAt, tookMs }: TestOutcome,
): readonly TestView[] {
  const { group, round } = of
  const view: TestView = {
    name,
    group,
    round,
    verdict,
    because,
    provedBy,
    counts,
    artefacts,
    startedAt,
    tookMs,
  }
  const isSame = (one: TestView) => one.name === name && one.group === group && one.round === round
  return [...tests.filter((one) => !isSame(one)), view]
}

function withPlan(story: Story, plan: readonly Step[]): Story {
  return { ...story, plan, steps: aheadOf(plan) }
}

function withTimes(story: Story, times: Partial<Story['times']>): Story {
  return { ...story, times: { ...story.times, ...times } }
}

function ended(story: Story, state: 'did-not-help' | 'expired', because: string): Story {
  const goesOn = story.mitigation?.state === 'under-way' || story.mitigation?.state === 'in-effect'
  return goesOn ? withMitigation(story, { state, because }) : story
}

function withMitigation(story: Story, change: Partial<MitigationView>): Story {
  return story.mitigation === null
    ? story
    : { ...story, mitigation: { ...story.mitigation, ...change } }
}
