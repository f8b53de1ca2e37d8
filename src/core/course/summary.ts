import type { Instant } from '../kernel/instant.ts'
import type { Course } from './course.ts'

/** One word for where a rollout stands, the same in every list, picture and exit code. */
export type Phase =
  | 'unknown'
  | 'preparing'
  | 'waiting'
  | 'opening'
  | 'baking'
  | 'paused'
  | 'asking'
  | 'mitigating'
  | 'held'
  | 'bypassed'
  | 'completed'
  | 'mitigated'
  | 'not-mitigated'
  | 'superseded'

export interface Summary {
  readonly id: string
  readonly workload: string
  readonly release: string
  readonly phase: Phase
  readonly startedAt: Instant
  readonly endedAt: Instant | null
}

export function phaseOf({ rollout, response }: Course): Phase {
  if (rollout === null) return 'unknown'
  const { stage } = rollout
  if (stage.at === 'completed') return 'completed'
  if (stage.at === 'ended') return stage.outcome
  if (stage.at !== 'halted') return rollout.paused === null ? stage.at : 'paused'
  switch (response?.stage.at) {
    case 'asking':
      return 'asking'
    case 'acting':
      return 'mitigating'
    case 'in-effect':
      return 'bypassed'
    case 'holding':
    case 'over':
    case undefined:
      return 'held'
  }
}

/** What a list of rollouts shows of one. */
export function summaryOf(state: Course): Summary | null {
  const { rollout } = state
  if (rollout === null) return null
  const { id, workload, release, at: startedAt, endedAt } = rollout
  return { id, workload, release, phase: phaseOf(state), startedAt, endedAt }
}
