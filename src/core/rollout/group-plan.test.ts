import { describe, expect, test } from 'vitest'
import { captured, fly, NOTHING_THERE } from '../../../test/support/flight.ts'
import { CANARY_GROUPS, sampleStrategy } from '../../../test/support/strategies.ts'
import { groupPlan } from './group-plan.ts'
import type { Baseline } from './state.ts'

const smoke = (name: string) => ({ name, http: { path: '/' } })

const strategy = sampleStrategy({
  groups: CANARY_GROUPS.map((group) => ({
    ...group,
    cohort: group.name === 'canary' ? ['alice'] : [],
    smoke: [smoke('answers'), ...(group.name === 'half' ? [smoke('pays')] : [])],
  })),
  workload: {
    components: [
      { name: 'web', replicas: 2, platform: { driver: 'processes', command: ['web'] } },
      { name: 'jobs', platform: { driver: 'processes', command: ['jobs'] } },
    ],
  },
})

function saysOf(index: number, baseline?: Baseline): readonly string[] {
  const { rollout } = fly(strategy, captured(baseline)).state
  return rollout === null ? [] : groupPlan(rollout, index).map(({ says }) => says)
}

describe('the plan of a group', () => {
  test('starts the whole candidate before the first group, tests it, and only then exposes it', () => {
    expect(saysOf(0)).toStrictEqual([
      'tell the router where blue is',
      'keep all traffic on blue',
      'start web v2 on green (2 instances)',
      'start jobs v2 on green (1 instance)',
      'tell the router where green is',
      "pass the smoke test 'answers' in group 'canary'",
      'give 5 % of the traffic to v2',
    ])
  })

  test('sees the candidate still running before each further group, and never empties it', () => {
    expect(saysOf(1)).toStrictEqual([
      'keep web v2 on green (2 instances)',
      'keep jobs v2 on green (1 instance)',
      'tell the router where green is',
      "pass the smoke test 'answers' in group 'half'",
      "pass the smoke test 'pays' in group 'half'",
      'give 50 % of the traffic to v2',
    ])
  })

  test('of a first release runs the tests of all groups once, and gives it everything', () => {
    expect(saysOf(2, NOTHING_THERE)).toStrictEqual([
      'start web v2 on blue (2 instances)',
      'start jobs v2 on blue (1 instance)',
      'tell the router where blue is',
      "pass the smoke test 'answers' in group 'everyone'",
      "pass the smoke test 'pays' in group 'everyone'",
      'give 100 % of the traffic to v2',
    ])
  })

  test('names every step once in the life of a rollout, whatever is opened again', () => {
    const { rollout } = fly(strategy, captured()).state
    if (rollout === null) throw new Error('nothing was started')
    const later = { ...rollout, openings: rollout.openings + 1 }
    const ids = [rollout, later].flatMap((one) => groupPlan(one, 0).map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids[0]).toBe('canary/2/1-attach')
  })

  test('gives the share and the cohort of the group with the salt of the rollout', () => {
    const { rollout } = fly(strategy, captured()).state
    const share = rollout === null ? null : groupPlan(rollout, 0).at(-1)?.action
    expect(share).toStrictEqual({
      kind: 'route',
      route: {
        control: 'blue',
        candidate: 'green',
        buckets: 500,
        salt: 'r1',
        cohort: ['alice'],
      },
    })
  })
})
