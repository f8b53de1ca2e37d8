import { describe, test } from 'vitest'
import { BASELINE, TAKE_OFF } from '../../../test/support/flight.ts'
import { story } from '../../../test/support/story.ts'
import { stateDigest } from '../words/workload-state.ts'
import { type WorkloadCommand, type WorkloadEvent, workloadDecider } from './workload.ts'

const at = TAKE_OFF
const { after } = story(workloadDecider)
const { state } = BASELINE

function claimed(
  rollout: string,
  release: string,
  supersedes: string | null = null,
): WorkloadEvent {
  return { type: 'rollout.claimed', data: { rollout, release, supersedes, at } }
}
function claim(
  rollout: string,
  release: string,
  supersedes: string | null = null,
  failed: string | null = null,
): WorkloadCommand {
  return { type: 'claim', rollout, release, supersedes, failed, now: at }
}
function seal(rollout: string, release: string): WorkloadCommand {
  const evidence = 'every group passed'
  return { type: 'seal', rollout, release, serving: 'green', state, evidence, now: at }
}
function sealed(rollout: string, release: string): WorkloadEvent {
  const good = { rollout, release, serving: 'green', state, digest: stateDigest(state) }
  return { type: 'last-known-good.sealed', data: { ...good, evidence: 'every group passed', at } }
}
function released(rollout: string): WorkloadEvent {
  return { type: 'rollout.released', data: { rollout, at } }
}
const quarantined: WorkloadEvent = {
  type: 'release.quarantined',
  data: { release: 'v2', rollout: 'r1', because: 'it fails', at },
}
const lifted: WorkloadEvent = {
  type: 'quarantine.lifted',
  data: { release: 'v2', by: 'bob', because: 'it was the database', at },
}

describe('a workload', () => {
  test('belongs to one rollout at a time', () => {
    after(claimed('r1', 'v2')).when(claim('r2', 'v3')).refused({
      code: 'rollout-under-way',
      detail: 'rollout r1 of v2 is under way',
    })
  })

  test('may be claimed twice by the same rollout without a second fact', () => {
    after(claimed('r1', 'v2')).when(claim('r1', 'v2')).happens()
  })

  test('is given to the hotfix of the rollout that holds it', () => {
    after(claimed('r1', 'v2'))
      .when(claim('r2', 'v3', 'r1'))
      .happens(claimed('r2', 'v3', 'r1'))
  })

  test('puts away the release that a hotfix replaces, if it failed', () => {
    after(claimed('r1', 'v2'))
      .when(claim('r2', 'v3', 'r1', 'it fails'))
      .happens(quarantined, claimed('r2', 'v3', 'r1'))
  })

  test('refuses a hotfix that is the failed release again', () => {
    after(claimed('r1', 'v2'))
      .when(claim('r2', 'v2', 'r1', 'it fails'))
      .refused({
        code: 'quarantined',
        detail: 'release v2 is what failed in rollout r1: it fails',
      })
  })

  test('is not given to the hotfix of another rollout', () => {
    after(claimed('r1', 'v2'))
      .when(claim('r2', 'v3', 'r0'))
      .refused({
        code: 'rollout-under-way',
        detail: 'rollout r1 of v2 is under way',
      })
  })

  test('is free again when its rollout has released it, and nobody else can', () => {
    after(claimed('r1', 'v2'), released('r1')).when(claim('r2', 'v3')).happens(claimed('r2', 'v3'))
    after(claimed('r1', 'v2')).when({ type: 'release', rollout: 'r0', now: at }).happens()
  })

  test('remembers the state of its last healthy rollout, once', () => {
    after(claimed('r1', 'v2')).when(seal('r1', 'v2')).happens(sealed('r1', 'v2'))
    after(claimed('r1', 'v2'), sealed('r1', 'v2')).when(seal('r1', 'v2')).happens()
  })

  test('does not go back to an older good state when its news is repeated late', () => {
    const history = [claimed('r1', 'v2'), sealed('r1', 'v2'), released('r1'), claimed('r2', 'v3')]
    after(...history, sealed('r2', 'v3'), released('r2'))
      .when(seal('r1', 'v2'))
      .happens()
  })

  test('does not take a release that failed, until somebody lifts the quarantine', () => {
    after(quarantined).when(claim('r2', 'v2')).refused({
      code: 'quarantined',
      detail: 'release v2 failed in rollout r1: it fails',
    })
    after(quarantined, lifted).when(claim('r2', 'v2')).happens(claimed('r2', 'v2'))
  })

  test('quarantines a release once, with its first reason', () => {
    const command = {
      type: 'quarantine',
      release: 'v2',
      rollout: 'r1',
      because: 'x',
      now: at,
    } as const
    after(quarantined).when(command).happens()
  })

  test('has nothing to lift where nothing is in quarantine', () => {
    after(quarantined, lifted)
      .when({ type: 'lift', release: 'v2', by: 'bob', because: 'again', now: at })
      .refused({ code: 'not-quarantined', detail: 'release v2 is not in quarantine' })
  })
})
