import type { Strategy } from '../../src/core/strategy/schema.ts'
import { fly, type Moment, person, told } from './flight.ts'
import { sampleStrategy } from './strategies.ts'

/** What the story of every sample canary begins with. */
export const CANARY_OPEN = [
  'rollout.started',
  'rollout.baseline-captured',
  'group.opened canary',
  'step.seen 1-attach',
  'step.seen 2-route',
  'step.seen 3-run',
  'step.seen 4-attach',
  'test.ended answers pass',
  'step.seen 5-smoke',
  'step.seen 6-route',
] as const
/** The steps that bring all traffic back to the old stack. */
export const FALLBACK_STEPS = [
  'step.seen 1-run',
  'step.seen 2-attach',
  'step.seen 3-route',
  'step.seen 4-drain',
  'step.seen 5-verify',
] as const
/** A fallback that helps, from its beginning to the end of the rollout. */
export const FALLBACK = [
  'mitigation.began fallback',
  ...FALLBACK_STEPS,
  'mitigation.took-effect fallback',
  'rollout.ended mitigated',
] as const
/** A rollback that helps, from its beginning to the end of the rollout. */
export const ROLLBACK = [
  'mitigation.began rollback',
  'step.seen 1-run',
  'step.seen 2-attach',
  'step.seen 3-route',
  'step.seen 4-drain',
  'step.seen 5-configure',
  'step.seen 6-flag',
  'step.seen 7-run',
  'step.seen 8-planes',
  'step.seen 9-verify',
  'mitigation.took-effect rollback',
  'rollout.ended mitigated',
] as const
/** What a failing verdict leads to at once. */
export const HALT = ['verdict.reached fail', 'rollout.halted verdict'] as const

/** One scenario: what happens, and the whole story that is then told. */
export interface Scenario {
  readonly strategy?: Strategy
  readonly moments: readonly Moment[]
  readonly story: readonly string[]
}

export type Scenarios = Readonly<Record<string, Scenario>>

/** Lives through a scenario and tells what happened, line by line. */
export function storyOf({ strategy, moments }: Scenario): readonly string[] {
  return told(fly(strategy ?? sampleStrategy(), ...moments))
}

export const ALICE = person('alice', 'on-call')
export const BOB = person('bob', 'on-call')
export const CAROL = person('carol', 'stakeholder')
