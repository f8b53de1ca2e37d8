import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyDice, type Life, live, type Turn } from '../../../test/support/clumsy-world.ts'
import { isWell, settleDown } from '../../../test/support/kind-world.ts'
import { creditFor } from '../decide/choose.ts'
import type { Decision } from '../decide/decision.ts'
import { replay } from '../kernel/decider.ts'
import { canonicalJson } from '../kernel/hash.ts'
import { disquiet } from '../rollout/heed.ts'
import { controlStack, isFirstRelease, watchOf } from '../rollout/state.ts'
import { signalKey } from '../signal/signal.ts'
import type { Step } from '../step/step.ts'
import { type CourseEvent, course, courseEvents } from './course.ts'
import { wantsOf } from './wants.ts'

type EventNamed<Type> = Extract<CourseEvent, { type: Type }>

/** Each law looks at one whole life and names what breaks it; nothing means that it holds. */
const LAWS: Readonly<Record<string, (life: Life) => readonly string[]>> = {
  'a failing verdict halts at once, and the halt is recorded before any decision': haltsAtOnce,
  'what nobody has to approve begins in the same breath, whatever the calendar says': atOnce,
  'from a halt until somebody resumes, no exposure grows': haltFirst,
  'a look at another watch changes nothing, and no watch is taken up again': noBorrowedEvidence,
  'an outcome of another test, group, opening, round, release or rollout changes nothing':
    noBorrowedTests,
  'a group passes only after each of its own tests passed, in this opening': onlyTestedPasses,
  'a group passes only on a pass after a whole bake of unbroken health': onlyHealthPasses,
  'while a signal holds or a source is silent nothing passes, and nothing is opened but by hand':
    heedsOthers,
  'a firing signal halts, holds or is recorded as its severity says, once, and never before the exposure':
    signalsOnce,
  'a mitigation begins only with every yes for that decision, or with a fresh credit': authority,
  'the same command in the same state gives the same facts, byte for byte': sameAgain,
  'the facts alone bring back the same state': replays,
  'old capacity is seen ready before traffic moves, and the candidate at zero after': capacityFirst,
  'no step is seen or failed that is not the one under way, and attempts are bounded': oneAttempt,
  'something is always due until the end, and what is due changes something': nothingWaitsForEver,
  'the tree never takes a branch twice for one failure': noFlapping,
  'what did not help leads to the next decision, and only a look at users ends a failure': verified,
  'nothing happens after the end': endIsFinal,
}

describe('whatever a clumsy world does', () => {
  test.each(Object.entries(LAWS))('%s', (_law, broken) => {
    fc.assert(
      fc.property(anyDice, (dice) => {
        expect(live(dice).flatMap(broken)).toStrictEqual([])
      }),
    )
  })

  test('a world that becomes kind again brings every rollout to its end', () => {
    fc.assert(
      fc.property(anyDice, (dice) => {
        const last = live(dice).at(-1)?.turns.at(-1)
        const settled = last === undefined ? course.initial : settleDown(last.after, last.now)
        expect(isWell(settled)).toBe(true)
      }),
    )
  })
})

function haltsAtOnce({ turns }: Life): readonly string[] {
  return turns.flatMap(({ command, before, events, wanted }) => {
    const types = events.map(({ type }) => type)
    const found: string[] = []
    const isFailing =
      command.type === 'judge' &&
      command.verdict.kind === 'fail' &&
      command.watch === wanted.measure?.watch
    if (isFailing && !types.includes('rollout.halted')) found.push('a failing verdict did not halt')
    const decidedAt = types.indexOf('decision.made')
    const isHalted =
      before.rollout?.stage.at === 'halted' || types.slice(0, decidedAt).includes('rollout.halted')
    if (decidedAt >= 0 && !isHalted) found.push('a decision came before the halt')
    const haltedAt = types.lastIndexOf('rollout.halted')
    if (haltedAt >= 0 && decidedAt < haltedAt) found.push('a halt was left without a decision')
    return found
  })
}

function atOnce({ turns }: Life): readonly string[] {
  return eachEvent(turns).flatMap(({ event, next }) => {
    if (event.type !== 'decision.made') return []
    const { approvals, choose } = event.data.decision
    const isForPeople = choose === 'hold' || choose === 'hotfix' || approvals.length > 0
    return isForPeople || next?.type === 'mitigation.began' ? [] : [`${choose} was delayed`]
  })
}

function heedsOthers({ turns }: Life): readonly string[] {
  return turns.flatMap(({ command, before, events }) => {
    const { rollout } = before
    if (rollout === null || isFirstRelease(rollout) || disquiet(rollout) === null) return []
    const isByHand = command.type === 'promote'
    return events.flatMap(({ type }) =>
      type === 'group.passed' || (type === 'group.opened' && !isByHand) ? [type] : [],
    )
  })
}

function signalsOnce({ turns }: Life): readonly string[] {
  const seen = new Set<string>()
  const found: string[] = []
  for (const { event, before, next } of eachEvent(turns)) {
    if (event.type !== 'signal.fired') continue
    const { signal, effect } = event.data
    const key = signalKey(signal)
    if (seen.has(key)) found.push(`${key} fired twice`)
    seen.add(key)
    const since = before.rollout?.exposures.find(({ buckets }) => buckets > 0)?.at ?? null
    const isEarly = since === null || signal.startsAt < since
    if (isEarly && effect !== 'record') found.push(`${key} began before anybody was exposed`)
    const isGoing = before.rollout?.stage.at !== 'halted'
    if (effect === 'halt' && isGoing && next?.type !== 'rollout.halted')
      found.push(`${key} did not halt`)
  }
  return found
}

function haltFirst({ turns }: Life): readonly string[] {
  let exposed: number | null = null
  const found: string[] = []
  for (const { event, after, before } of eachEvent(turns)) {
    if (event.type === 'rollout.halted') exposed = before.rollout?.route?.buckets ?? 0
    if (event.type === 'rollout.resumed') exposed = null
    if (exposed === null) continue
    if (event.type === 'group.opened' || event.type === 'group.passed') found.push(event.type)
    const step = event.type === 'step.began' ? wantsOf(after).step?.step : undefined
    if (step?.action.kind === 'route' && step.action.route.buckets > exposed) found.push(step.says)
    const { keep } = wantsOf(after)
    if (keep !== null && !(keep.onlyDown && keep.route.buckets <= exposed)) found.push('kept more')
  }
  return found
}

function noBorrowedEvidence({ turns }: Life): readonly string[] {
  const over = new Set<string>()
  const found: string[] = []
  for (const { command, wanted, events, after } of turns) {
    const present = wanted.measure?.watch
    if (command.type === 'judge' && command.watch !== present && events.length > 0)
      found.push(`${command.watch} was heard instead of ${present ?? 'nothing'}`)
    const next = wantsOf(after).measure?.watch
    if (present !== undefined && next !== present) over.add(present)
    if (next !== undefined && over.has(next)) found.push(`${next} was taken up again`)
  }
  return found
}

function noBorrowedTests({ turns }: Life): readonly string[] {
  return turns.flatMap(({ command, wanted, before, events }) => {
    const action = wanted.step?.step.action
    if (command.type !== 'report-seen' || action?.kind !== 'smoke') return []
    if (command.step !== wanted.step?.step.id || events.length === 0) return []
    const told = 'test' in command ? command.test : undefined
    const of = { ...told?.of }
    const isOwn =
      told?.verdict === 'pass' &&
      of.rollout === before.rollout?.id &&
      of.group === action.group &&
      of.opening === action.opening &&
      of.round === action.round &&
      of.release === before.rollout?.release &&
      of.stack === action.stack
    return isOwn ? [] : [`${command.step} was taken for passed by ${JSON.stringify(of)}`]
  })
}

/** Keeps its own book of what passed since the group was last opened or taken up again. */
function onlyTestedPasses({ strategy, turns }: Life): readonly string[] {
  const found: string[] = []
  let passed = new Set<string>()
  for (const { event, command, before } of eachEvent(turns)) {
    if (event.type === 'group.opened') passed = new Set()
    if (event.type === 'test.ended' && event.data.verdict === 'pass') {
      const { test: name, of } = event.data
      passed.add(`${of.group}/${of.round}/${name}`)
    }
    // Health that broke and came back is tested anew.
    if (event.type === 'group.testing')
      passed = new Set([...passed].filter((one) => !one.includes(`/${event.data.round}/`)))
    if (event.type === 'rollout.resumed' && before.rollout?.stage.at === 'halted')
      passed = new Set([...passed].filter((one) => one.includes('/before/')))
    if (event.type !== 'group.passed' || before.rollout?.baseline?.serving === null) continue
    const group = strategy.exposure.groups.find(({ name }) => name === event.data.group)
    for (const { name, when } of group?.smoke ?? []) {
      const rounds = [
        ...(when === 'after' ? [] : ['before']),
        ...(when === 'before' ? [] : ['exposed']),
        ...(when === 'before' || command.type === 'promote' ? [] : ['baked']),
      ]
      const missing = rounds.filter((round) => !passed.has(`${group?.name}/${round}/${name}`))
      found.push(...missing.map((round) => `${group?.name} passed without ${name} ${round}`))
    }
  }
  return found
}

/** Counts by itself since when every look at the present watch was good. */
function onlyHealthPasses({ strategy, turns }: Life): readonly string[] {
  const found: string[] = []
  let watch: string | null = null
  let goodSince: number | null = null
  for (const { command, before, events, now } of turns) {
    const { rollout } = before
    const present = rollout === null ? null : watchOf(rollout)
    if (present !== watch) [watch, goodSince] = [present, null]
    const look = command.type === 'judge' && command.watch === present ? command.verdict.kind : null
    if (look === 'pass' || look === 'inconclusive') goodSince ??= now
    else if (look !== null) goodSince = null
    const passed = events.find((event) => event.type === 'group.passed')
    const isFirst = rollout?.baseline?.serving === null
    if (passed === undefined || isFirst) continue
    const bake = strategy.exposure.groups.find(({ name }) => name === passed.data.group)?.bake ?? 0
    if (passed.data.verdict?.kind !== 'pass') found.push('passed without a pass')
    const isBaked = goodSince !== null && now - goodSince >= bake
    if (command.type !== 'promote' && !isBaked)
      found.push(`passed after ${now - (goodSince ?? now)}`)
  }
  return found.concat(completedWithoutPassing(turns))
}

function completedWithoutPassing(turns: readonly Turn[]): readonly string[] {
  return turns.flatMap(({ events }) => {
    const at = events.findIndex(({ type }) => type === 'rollout.completed')
    return at >= 0 && events[at - 1]?.type !== 'group.passed' ? ['completed without passing'] : []
  })
}

function authority({ strategy, turns }: Life): readonly string[] {
  const found: string[] = []
  let decision: Decision | null = null
  let given: EventNamed<'approval.given'>['data'][] = []
  for (const { event, command } of eachEvent(turns)) {
    if (event.type === 'decision.made') [decision, given] = [event.data.decision, []]
    if (event.type === 'approval.given') {
      given.push(event.data)
      const roles = 'actor' in command ? command.actor.roles : []
      if (!roles.includes(event.data.role) && !roles.includes('admin')) found.push('not their role')
    }
    if (event.type !== 'mitigation.began' || decision === null) continue
    const { approvals, by, choose, branch, hash } = decision
    const asked = strategy.decision.tree.find(({ name }) => name === branch)?.approvals ?? []
    if (asked.some(({ role }) => !approvals.some((need) => need.role === role)))
      found.push('unasked')
    if (choose === 'bypass' && !approvals.some(({ role }) => role === 'stakeholder'))
      found.push('no stakeholder was asked')
    const total = approvals.reduce((sum, { count }) => sum + count, 0)
    const yeses = given.filter((one) => one.hash === hash)
    for (const { role, count } of approvals) {
      const people = new Set(yeses.filter((one) => one.role === role).map((one) => one.by))
      if (people.size < count) found.push(`${choose} with ${people.size} of ${count} ${role}`)
    }
    if (new Set(yeses.map((one) => one.by)).size < total) found.push('somebody gave two')
    if (total > 1 && yeses.some((one) => one.by === 'alice')) found.push('approved their own')
    const mayAlone = by !== 'tree' || creditFor(choose, strategy, event.data.at).fresh
    if (total === 0 && !mayAlone) found.push(`${choose} acted alone without a credit`)
  }
  return found
}

function sameAgain({ turns }: Life): readonly string[] {
  return turns.flatMap(({ command, before, events }) => {
    const again = course.decide(structuredClone(command), structuredClone(before))
    const facts = again.ok ? again.value : []
    return JSON.stringify(facts) === JSON.stringify(events) ? [] : [command.type]
  })
}

function replays({ turns }: Life): readonly string[] {
  const stored: CourseEvent[] = JSON.parse(JSON.stringify(turns.flatMap(({ events }) => events)))
  const state = replay(course, stored.map(courseEvents.read))
  const last = turns.at(-1)?.after ?? course.initial
  return canonicalJson(state) === canonicalJson(last) ? [] : ['another state']
}

function capacityFirst({ turns }: Life): readonly string[] {
  const found: string[] = []
  let plan: readonly Step[] = []
  let seen: readonly string[] = []
  for (const { event, before } of eachEvent(turns)) {
    if (event.type === 'mitigation.began') [plan, seen] = [event.data.plan, []]
    if (event.type === 'group.opened') plan = []
    if (event.type === 'step.seen') seen = [...seen, event.data.step]
    const began = event.type === 'step.began' ? plan.find(({ id }) => id === event.data.step) : null
    const old = before.rollout === null ? '' : controlStack(before.rollout)
    const capacity = plan.filter(({ action }) => action.kind === 'run' && action.stack === old)
    if (began?.action.kind === 'route' && !capacity.every(({ id }) => seen.includes(id)))
      found.push('traffic before capacity')
    const isBack = event.type === 'mitigation.took-effect' && event.data.choose !== 'bypass'
    const drain = plan.find(({ action }) => action.kind === 'drain')?.id ?? 'no drain'
    if (isBack && (capacity.length === 0 || !seen.includes(drain))) found.push('not drained')
    const isDone = plan.every(({ id }) => seen.includes(id))
    if (event.type === 'mitigation.took-effect' && !isDone) found.push('not every step was seen')
  }
  return found
}

function oneAttempt({ turns }: Life): readonly string[] {
  const found: string[] = []
  let plan: readonly Step[] = []
  let open: { readonly step: string; readonly attempt: number } | null = null
  let last: { readonly step: string; readonly attempt: number } | null = null
  for (const { event } of eachEvent(turns)) {
    if (
      event.type === 'group.opened' ||
      event.type === 'group.testing' ||
      event.type === 'mitigation.began'
    )
      [plan, open, last] = [event.data.plan, null, null]
    // A halt and a new decision leave what was under way to be looked at, not reported.
    if (event.type === 'rollout.halted' || event.type === 'decision.made') open = null
    if (event.type === 'step.began') {
      const { step, attempt } = event.data
      const before: number = last?.step === step ? last.attempt : 0
      if (open !== null) found.push(`${step} began beside ${open.step}`)
      if (attempt !== before + 1) found.push(`${step}: attempt ${attempt} after ${before}`)
      const max = plan.find(({ id }) => id === step)?.attemptsMax ?? 0
      if (attempt > max) found.push(`${step} was tried ${attempt} times`)
      open = last = { step, attempt }
    }
    if (event.type === 'step.seen' || event.type === 'step.failed') {
      const { step, attempt } = event.data
      if (open?.step !== step || open.attempt !== attempt) found.push(`${step} was not under way`)
      open = null
    }
  }
  return found
}

function nothingWaitsForEver({ turns }: Life): readonly string[] {
  return turns.flatMap(({ after, command, now }) => {
    if (course.isTerminal(after) || after.rollout === null) return []
    const { capture, step, measure, dueAt } = wantsOf(after)
    // Looks at the evidence give up a bake in the end; any other wait needs an end of its own.
    const isMeasured = measure?.judges === true && after.rollout.stage.at === 'baking'
    if (!capture && step === null && !isMeasured && dueAt === null) return ['nothing is due']
    const ticked = command.type === 'tick' && dueAt !== null && dueAt <= now && !capture
    return ticked ? [`${after.rollout.stage.at} was due and nothing came of it`] : []
  })
}

function noFlapping({ turns }: Life): readonly string[] {
  const found: string[] = []
  let taken: string[] = []
  for (const { event } of eachEvent(turns)) {
    if (event.type === 'rollout.resumed' && event.data.by !== 'goaround') taken = []
    if (event.type !== 'decision.made') continue
    const { branch, by } = event.data.decision
    if (by === 'tree' && branch !== 'nothing-left' && taken.includes(branch)) found.push(branch)
    taken.push(branch)
  }
  return found
}

function verified({ turns }: Life): readonly string[] {
  const found: string[] = []
  let effect = false
  let seen = ''
  for (const { event, next } of eachEvent(turns)) {
    const isGivenUp = event.type === 'mitigation.did-not-help' || event.type === 'approval.rejected'
    if (isGivenUp && next?.type !== 'decision.made') found.push(`${event.type} led to nothing`)
    if (event.type === 'step.seen') seen = event.data.step
    if (event.type === 'mitigation.took-effect') {
      effect = true
      if (!seen.endsWith('-verify')) found.push('took effect before users were looked at')
    }
    const isMitigated = event.type === 'rollout.ended' && event.data.outcome === 'mitigated'
    if (isMitigated && !effect) found.push('mitigated without effect')
  }
  return found
}

function endIsFinal({ turns }: Life): readonly string[] {
  const isOver = ({ before }: Turn) =>
    before.rollout?.stage.at === 'completed' || before.rollout?.stage.at === 'ended'
  const afterEnd = turns.filter(isOver).flatMap(({ events }) => events.map(({ type }) => type))
  const terminal = turns.filter(({ before }) => course.isTerminal(before))
  return [
    // A bypass may still run out when the rollout is over; nothing else happens.
    ...afterEnd.filter((type) => type !== 'mitigation.expired'),
    ...terminal.flatMap(({ events }) => events.map(({ type }) => type)),
  ]
}

/** Every fact with the state before and after it, and the fact that follows in the same append. */
function eachEvent(turns: readonly Turn[]) {
  return turns.flatMap(({ events, before, command }) => {
    let state = before
    return events.map((event, place) => {
      const from = state
      state = course.evolve(state, event)
      return { event, before: from, after: state, command, next: events[place + 1] }
    })
  })
}
