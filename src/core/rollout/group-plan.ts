import { MINUTE, type Millis, SECOND } from '../kernel/instant.ts'
import type { Action, Step } from '../step/step.ts'
import type { Platform } from '../strategy/connections.ts'
import { BUCKETS, sayShare } from '../words/exposure-share.ts'
import { testSteps } from './group-tests.ts'
import {
  candidateStack,
  controlStack,
  groupAt,
  isFirstRelease,
  type Rollout,
  routedComponent,
} from './state.ts'

/** An orchestrator that did not start a release in this time will not do so in a second one either. */
const RUN_WITHIN_MS = 5 * MINUTE
/** Beyond the time that a strategy gives a process to start: writing it down, launching it, looking. */
const LAUNCH_MS = 10 * SECOND
/** A router answers in milliseconds; this leaves room for one that restarts. */
const ROUTE_WITHIN_MS = 30 * SECOND
const ATTEMPTS_MAX = 3

/**
 * What has to be done, in this order, to open a group: see the whole candidate running and
 * reachable, test it in this group, and only then give it its share. Each group looks anew, for
 * since the last one an instance may have died, or a mitigation that was given up may have
 * stopped some.
 */
export function groupPlan(rollout: Rollout, index: number): readonly Step[] {
  const opening = rollout.openings + 1
  const steps = [
    ...startCandidate(rollout, index),
    ...testSteps(rollout, index, 'before', opening),
    share(rollout, index),
    // A first release has no bake in which they could run.
    ...(isFirstRelease(rollout) ? testSteps(rollout, index, 'exposed', opening) : []),
  ]
  const prefix = `${groupAt(rollout, index).name}/${opening}`
  return steps.map((one, place) => ({ ...one, id: `${prefix}/${place + 1}-${one.action.kind}` }))
}

function startCandidate(rollout: Rollout, index: number): readonly Omit<Step, 'id'>[] {
  const { release } = rollout
  const stack = candidateStack(rollout)
  const verb = isFirstRelease(rollout) || index === 0 ? 'start' : 'keep'
  const runs = rollout.strategy.workload.components.map(
    ({ name: component, replicas, platform }) => ({
      ...step(
        `${verb} ${component} ${release} on ${stack} (${replicas} ${replicas === 1 ? 'instance' : 'instances'})`,
        { kind: 'run', component, stack, release, replicas },
        runWithin(platform),
      ),
      oneWindow: true,
    }),
  )
  // The candidate's stack may still carry weight from a router's own defaults: it is emptied first.
  const empty = step(
    `keep all traffic on ${controlStack(rollout)}`,
    routeTo(rollout, 0, []),
    ROUTE_WITHIN_MS,
  )
  if (isFirstRelease(rollout) || index > 0) return [...runs, attach(rollout, stack)]
  return [attach(rollout, controlStack(rollout)), empty, ...runs, attach(rollout, stack)]
}

/** Where the strategy says how long a start may take, nobody waits longer to hear that it failed. */
function runWithin(platform: Platform): Millis {
  if (platform.driver !== 'processes') return RUN_WITHIN_MS
  return platform.stopWithin + platform.health.within + LAUNCH_MS
}

function attach(rollout: Rollout, stack: string): Omit<Step, 'id'> {
  return step(
    `tell the router where ${stack} is`,
    { kind: 'attach', component: routedComponent(rollout), stack },
    ROUTE_WITHIN_MS,
  )
}

function share(rollout: Rollout, index: number): Omit<Step, 'id'> {
  const group = groupAt(rollout, index)
  const buckets = isFirstRelease(rollout) ? BUCKETS : group.share
  return step(
    `give ${sayShare(buckets)} of the traffic to ${rollout.release}`,
    routeTo(rollout, buckets, group.cohort),
    ROUTE_WITHIN_MS,
  )
}

/** The action that gives the candidate this share. */
export function routeTo(rollout: Rollout, buckets: number, cohort: readonly string[]): Action {
  const route = {
    control: controlStack(rollout),
    candidate: candidateStack(rollout),
    buckets,
    salt: rollout.id,
    cohort: [...cohort],
  }
  return { kind: 'route', route }
}

function step(says: string, action: Action, withinMs: number): Omit<Step, 'id'> {
  return { says, action, attemptsMax: ATTEMPTS_MAX, withinMs }
}
