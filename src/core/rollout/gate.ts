import { type Instant, MINUTE, type Millis, sayDuration } from '../kernel/instant.ts'
import type { Group } from '../strategy/schema.ts'
import { sayShare } from '../words/exposure-share.ts'
import type { EntityHealth } from '../words/health.ts'
import type { Verdict } from '../words/verdict.ts'
import type { RolloutEvent } from './events.ts'
import type { Failing } from './failing.ts'
import { haltedByFlow, healthAfter, healthChanged } from './health-gate.ts'
import { heeded } from './heed.ts'
import { groupAt, type Rollout, type Stage, watchOf } from './state.ts'
import { beginTests, testsLeft } from './testing.ts'

type Baking = Extract<Stage, { at: 'baking' }>

/** One look at the evidence of one watch. */
export interface Look {
  readonly watch: string
  readonly verdict: Verdict
  /** The routes that fail most, worst first. */
  readonly routes: readonly string[]
  /** How everything is by this look; absent where only the verdict was looked at. */
  readonly health?: readonly EntityHealth[]
}

/** A group that has not been measurable for three bakes will not become so by waiting. */
const GIVE_UP_BAKES = 3
const GIVE_UP_MIN_MS = 10 * MINUTE

/**
 * What follows from a look at the evidence. A failing verdict halts, whatever else is going on:
 * while the group bakes, and while the next one is waited for or opened, for users have its share
 * all the time, and so does an unhealthy flow that the strategy halts for. A group passes when its
 * bake is over, it was neither degraded nor unhealthy throughout, the last verdict is `pass` and its
 * health is known; anything else only ever waits, and after a while asks a person.
 * A look at another watch says nothing: evidence is not borrowed.
 */
export function judged(rollout: Rollout, look: Look, now: Instant): readonly RolloutEvent[] {
  const { stage, watched } = rollout
  if (watched === null || look.watch !== watchOf(rollout)) return []
  const verdict = heeded(rollout, look.verdict)
  const group = groupAt(rollout, watched.index)
  const changed = healthChanged(rollout, group, look, now)
  const asides = [...shadowNews(watched, group, verdict, now), ...changed]
  if (verdict.kind === 'fail') return [...asides, ...failed(rollout, watched.index, look, now)]
  const ill = haltedByFlow(rollout, group, look, now)
  if (ill.length > 0) return [...asides, ...ill]
  if (stage.at !== 'baking') return asides
  const was = stage.verdict?.kind ?? null
  const news = [...verdictNews(group, was, verdict, now), ...asides]
  if (isBlind(rollout, stage, verdict, now)) {
    const because = `group '${group.name}': ${verdict.because}; the strategy says to halt without data`
    const why = { kind: 'no-data', group: group.name, because } as const
    const failing: Failing = { ...why, metrics: [], routes: [], verdict }
    return [...news, { type: 'rollout.halted', data: { failing, at: now } }]
  }
  if (rollout.paused !== null) return news
  const health = healthAfter(group, look)
  return [...news, ...gate(rollout, stage, group, { verdict, health }, now)]
}

/** The halt that a failing verdict on a group leads to. */
export function failed(
  rollout: Rollout,
  index: number,
  { verdict, routes }: Pick<Look, 'verdict' | 'routes'>,
  now: Instant,
): readonly RolloutEvent[] {
  const group = groupAt(rollout, index)
  const { stage } = rollout
  const record = rollout.groups.find((known) => known.index === index)
  const was = stage.at === 'baking' ? stage.verdict : (record?.verdict ?? null)
  const metrics = verdict.evidence
    .filter((one) => one.verdict === 'fail' && one.shadow === undefined)
    .map((one) => one.metric)
  const because = `group '${group.name}': ${verdict.because}`
  const why = { kind: 'verdict', group: group.name, because } as const
  const failing: Failing = { ...why, metrics, routes: [...routes], verdict }
  return [
    ...verdictNews(group, was?.kind ?? null, verdict, now),
    { type: 'rollout.halted', data: { failing, at: now } },
  ]
}

function gate(
  rollout: Rollout,
  stage: Baking,
  group: Group,
  { verdict, health }: { readonly verdict: Verdict; readonly health: EntityHealth | null },
  now: Instant,
): readonly RolloutEvent[] {
  const isWell = health === null || health.state === 'healthy'
  if (verdict.kind === 'pass' && isWell) {
    const healthySince = stage.healthySince ?? now
    const isBaked = now - healthySince >= group.bake
    if (!isBaked) return []
    const left = testsLeft(rollout, { ...stage, healthySince }, now)
    if (left === 'done') return passed(rollout, stage.index, group, verdict, now)
    return left === 'baked' ? beginTests(rollout, stage.index, left, now) : []
  }
  if (now - stage.since < giveUpAfter(group)) return []
  const because = `group '${group.name}' could not be judged for ${sayDuration(now - stage.since)}: ${verdict.kind === 'pass' && health !== null ? sayHealth(health) : verdict.because}. Look at the traffic and the telemetry, then resume, or abort`
  return [{ type: 'rollout.paused', data: { by: 'goaround', because, at: now } }]
}

function sayHealth({ state, because }: EntityHealth): string {
  return `its health is ${state}: ${because}`
}

function passed(
  rollout: Rollout,
  index: number,
  group: Group,
  verdict: Verdict,
  now: Instant,
): readonly RolloutEvent[] {
  const because = `group '${group.name}' was well for ${sayDuration(group.bake)}: ${verdict.because}`
  const data = { group: group.name, verdict, because, at: now }
  const event = { type: 'group.passed', data } as const
  if (index < rollout.strategy.exposure.groups.length - 1) return [event]
  const completed = `every group passed; ${rollout.release} serves ${sayShare(group.share)} of the traffic`
  return [event, { type: 'rollout.completed', data: { because: completed, at: now } }]
}

function verdictNews(
  group: Group,
  was: Verdict['kind'] | null,
  verdict: Verdict,
  now: Instant,
): readonly RolloutEvent[] {
  if (was === verdict.kind) return []
  return [{ type: 'verdict.reached', data: { group: group.name, was, verdict, at: now } }]
}

/** What shadow metrics would have done, once each: a record for those who decide whether they may act. */
function shadowNews(
  { shadows = [] }: NonNullable<Rollout['watched']>,
  group: Group,
  verdict: Verdict,
  now: Instant,
): readonly RolloutEvent[] {
  return verdict.evidence.flatMap(({ metric, because, shadow }): readonly RolloutEvent[] => {
    const since = shadow?.wouldHaveHaltedAt ?? null
    if (since === null || shadows.includes(metric)) return []
    const data = { group: group.name, metric, because, at: now }
    return [{ type: 'shadow.would-have-halted', data }]
  })
}

function isBlind(rollout: Rollout, stage: Baking, verdict: Verdict, now: Instant): boolean {
  const { onNoData, staleAfter } = rollout.strategy.detection
  const blindFor = now - stage.since
  return onNoData === 'halt' && verdict.kind === 'no-data' && blindFor >= staleAfter
}

/** Whether the stretch of good health goes on: thin evidence does not break it, blindness does. */
export function isOk(verdict: Verdict): boolean {
  return verdict.kind === 'pass' || verdict.kind === 'inconclusive'
}

/** How long a group may stay unjudged before a person is asked. */
export function giveUpAfter(group: Group): Millis {
  return group.giveUpAfter ?? Math.max(GIVE_UP_BAKES * group.bake, group.bake + GIVE_UP_MIN_MS)
}

/** The verdict of a group that exposes nobody: there is nothing to compare, its smoke tests were its gate. */
export function unexposedVerdict(group: Group): Verdict {
  const because = `nobody is exposed in group '${group.name}'; its smoke tests passed`
  return { kind: 'pass', because, exposed: 0, evidence: [] }
}
