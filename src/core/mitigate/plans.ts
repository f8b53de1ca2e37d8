import type { Decision } from '../decide/decision.ts'
import type { Tried } from '../decide/ways-out.ts'
import { MINUTE, type Millis, SECOND } from '../kernel/instant.ts'
import { invariant } from '../kernel/invariant.ts'
import { routeTo } from '../rollout/group-plan.ts'
import {
  type Baseline,
  candidateStack,
  controlStack,
  groupAt,
  type Rollout,
  routedComponent,
} from '../rollout/state.ts'
import type { Action, Step } from '../step/step.ts'
import { BUCKETS, sayShare } from '../words/exposure-share.ts'

/** Mitigations are tried harder than rollouts: users are being hurt meanwhile. */
const ATTEMPTS_MAX = 5
/** A router answers in milliseconds; this leaves room for one that restarts. */
const ROUTE_WITHIN_MS = 15 * SECOND
/** Requests that hang longer than this are not waited for twice. */
const DRAIN_WITHIN_MS = 60 * SECOND
/** A flag reaches the workload in seconds; after this long it is not going to. */
const BYPASS_WITHIN_MS = 2 * MINUTE
/** Users are looked at for up to this many times the asked window before it counts as no help. */
const VERIFY_WINDOWS_MAX = 4

type Draft = Omit<Step, 'id'>

/**
 * The steps of the mitigation that was decided, in an order that is part of the promise:
 * capacity before traffic, traffic before planes, and at the end a look at the users.
 */
export function mitigationPlan(
  rollout: Rollout,
  decision: Decision,
  tried: readonly Tried[],
): readonly Step[] {
  const drafts = draftsFor(rollout, decision, tried)
  return drafts.map((one, place) => ({
    ...one,
    // A resumed rollout may fail again: its openings keep the names of the steps apart.
    id: `mitigation/${rollout.openings}.${decision.number}/${place + 1}-${one.action.kind}`,
  }))
}

/** How long it may take until users are looked at. */
export function mitigationWithin({ strategy }: Rollout, { choose }: Decision): Millis {
  const { fallback, rollback } = strategy.mitigations
  if (choose === 'fallback') return fallback?.within ?? BYPASS_WITHIN_MS
  return choose === 'rollback' ? (rollback?.within ?? BYPASS_WITHIN_MS) : BYPASS_WITHIN_MS
}

function draftsFor(
  rollout: Rollout,
  decision: Decision,
  tried: readonly Tried[],
): readonly Draft[] {
  switch (decision.choose) {
    case 'fallback':
      return [
        ...trafficBack(rollout),
        ...flagsBack(rollout, bypassedFlags(rollout, tried)),
        verifyUsers(rollout, 'control'),
      ]
    case 'rollback':
      return [...trafficBack(rollout), ...planesBack(rollout), verifyUsers(rollout, 'control')]
    case 'bypass':
      return [...switchOff(rollout, decision), verifyUsers(rollout, 'compare')]
    case 'hotfix':
    case 'hold':
      return []
  }
}

/** Scale the old stack, see it ready, move the traffic, see the candidate at zero. */
function trafficBack(rollout: Rollout): readonly Draft[] {
  const { workload, mitigations } = rollout.strategy
  const baseline = baselineOf(rollout)
  const stack = controlStack(rollout)
  const capacity = mitigations.fallback?.capacity ?? BUCKETS
  const within = mitigations.fallback?.within ?? mitigations.rollback?.within ?? 60 * SECOND
  const scale = workload.components.flatMap(({ name: component, replicas }): readonly Draft[] => {
    const before = baseline.state.stacks[stack]?.[component]
    if (before?.release == null) return []
    const needed = Math.max(before.replicas, Math.ceil((replicas * capacity) / BUCKETS))
    const says = `scale ${component} on the old stack (${stack}) to ${needed} and see it ready`
    return [
      draft(
        says,
        { kind: 'run', component, stack, release: before.release, replicas: needed },
        within,
      ),
    ]
  })
  return [
    ...scale,
    draft(
      `tell the router where ${stack} is`,
      { kind: 'attach', component: routedComponent(rollout), stack },
      ROUTE_WITHIN_MS,
    ),
    draft(`send all traffic to ${stack}`, routeTo(rollout, 0, []), ROUTE_WITHIN_MS),
    draft(
      `see ${candidateStack(rollout)} serve nothing`,
      { kind: 'drain', stack: candidateStack(rollout) },
      DRAIN_WITHIN_MS,
    ),
  ]
}

/** Put back every plane that is not as it was: configuration, flags, then what runs and how much of it. */
function planesBack(rollout: Rollout): readonly Draft[] {
  const { state } = baselineOf(rollout)
  const within = rollout.strategy.mitigations.rollback?.within ?? 60 * SECOND
  const configuration = Object.entries(state.configuration).map(([path, digest]) =>
    draft(`restore ${path}`, { kind: 'configure', path, digest }, within),
  )
  const stack = candidateStack(rollout)
  const runs = rollout.strategy.workload.components.map(({ name: component }) => {
    const before = state.stacks[stack]?.[component]
    const release = before?.release ?? rollout.release
    const replicas = before?.release == null ? 0 : before.replicas
    const says =
      replicas === 0
        ? `stop ${component} on ${stack}`
        : `put ${component} ${release} back on ${stack}`
    return draft(says, { kind: 'run', component, stack, release, replicas }, within)
  })
  const planes = draft(
    'see every plane equal to the last known good state',
    { kind: 'planes', state },
    within,
  )
  return [...configuration, ...flagsBack(rollout, Object.keys(state.flags)), ...runs, planes]
}

/** The flags that a bypass of this failure has switched: users of the old stack must not go without for it. */
function bypassedFlags(rollout: Rollout, tried: readonly Tried[]): readonly string[] {
  const { decision, mitigations } = rollout.strategy
  const branches = tried.filter(({ choose }) => choose === 'bypass').map(({ branch }) => branch)
  const names = decision.tree.filter(({ name }) => branches.includes(name)).map((one) => one.bypass)
  return mitigations.bypasses
    .filter(({ name }) => names.includes(name))
    .map(({ flag }) => flagName(flag.file, flag.key))
}

function flagsBack(rollout: Rollout, names: readonly string[]): readonly Draft[] {
  const { flags } = baselineOf(rollout).state
  return names.flatMap((name) => {
    const variant = flags[name]
    if (variant === undefined) return []
    const [file, key] = splitFlagName(name)
    const says = `set flag '${key}' back to ${variant ?? 'disabled'}`
    return [draft(says, { kind: 'flag', file, key, variant }, ROUTE_WITHIN_MS)]
  })
}

function switchOff(rollout: Rollout, decision: Decision): readonly Draft[] {
  const bypass = rollout.strategy.mitigations.bypasses.find(({ name }) => name === decision.bypass)
  invariant(bypass !== undefined, `the strategy names no bypass '${decision.bypass ?? ''}'`)
  const { file, key, off } = bypass.flag
  return [
    draft(
      `set flag '${key}' to '${off}'`,
      { kind: 'flag', file, key, variant: off },
      ROUTE_WITHIN_MS,
    ),
  ]
}

function verifyUsers(rollout: Rollout, mode: 'control' | 'compare'): Draft {
  const { stage } = rollout
  const group = 'index' in stage ? groupAt(rollout, stage.index) : undefined
  const forMs = rollout.strategy.mitigations.verifyFor
  const share = sayShare(rollout.route?.buckets ?? 0)
  const says =
    mode === 'control'
      ? 'see that users are well again'
      : `see that the ${share} of users on ${rollout.release} are well again`
  const action = { kind: 'verify', mode, group: group?.name ?? '', forMs } as const
  return {
    says,
    action,
    attemptsMax: 1,
    withinMs: Math.max(forMs * VERIFY_WINDOWS_MAX, 5 * SECOND),
  }
}

/** Flags are named `file#key` in a state. */
export function flagName(file: string, key: string): string {
  return `${file}#${key}`
}

function splitFlagName(name: string): readonly [string, string] {
  const at = name.lastIndexOf('#')
  return [name.slice(0, at), name.slice(at + 1)]
}

function baselineOf(rollout: Rollout): Baseline {
  invariant(rollout.baseline !== null, 'a mitigation needs the state before the rollout')
  return rollout.baseline
}

function draft(says: string, action: Action, withinMs: number): Draft {
  return { says, action, attemptsMax: ATTEMPTS_MAX, withinMs }
}
