import { type Course, type CourseCommand, course } from '../../src/core/course/course.ts'
import { wantsOf } from '../../src/core/course/wants.ts'
import type { Instant } from '../../src/core/kernel/instant.ts'
import { silentSources } from '../../src/core/rollout/sources.ts'
import { BASELINE, person, verdictOf } from './flight.ts'
import { testReport } from './test-outcomes.ts'

/** Far more turns than the longest course through a kind world needs. */
const TURNS_MAX = 400

const HELPER = person('frida', 'admin')
const SECOND_HELPER = person('gus', 'admin')

/**
 * Lives on in a world where everything that is asked for happens, candidates are healthy and a
 * helpful person answers, until the course is over or far too much time has gone by.
 */
export function settleDown(from: Course, at: Instant): Course {
  let state = from
  let now = at
  for (let turn = 0; turn < TURNS_MAX && !isWell(state); turn += 1) {
    const { dueAt, measure, step } = wantsOf(state)
    if (step === null && measure === null && dueAt !== null) now = Math.max(now, dueAt)
    else now += 1_000
    for (const command of [helpful(state, now), { type: 'tick', now } as const]) {
      const outcome = course.decide(command, state)
      if (outcome.ok) state = outcome.value.reduce(course.evolve, state)
    }
  }
  return state
}

/** True when nothing is left to be done, or nothing was ever begun. */
export function isWell(state: Course): boolean {
  return state.rollout === null || course.isTerminal(state)
}

function helpful(state: Course, now: Instant): CourseCommand {
  const { capture, step, measure } = wantsOf(state)
  const { rollout, response } = state
  if (capture) return { type: 'capture-baseline', baseline: BASELINE, now }
  if (step !== null) {
    const report = { step: step.step.id, attempt: step.attempt, evidence: 'looked', now }
    return { type: 'report-seen', ...report, ...testReport(rollout?.id ?? '', step.step, 'pass') }
  }
  const firing = rollout?.signals.find(({ status }) => status === 'firing')
  if (firing !== undefined) {
    const signal = { ...firing, status: 'resolved', summary: '', labels: {} } as const
    return { type: 'take-signal', signal, now }
  }
  if (rollout !== null && silentSources(rollout).length > 0)
    return { type: 'listen', heard: { alertmanager: now }, now }
  const because = 'it is looked after'
  const isBypassed = rollout?.stage.at === 'halted' && response?.stage.at === 'in-effect'
  if (rollout !== null && (rollout.paused !== null || isBypassed)) {
    return { type: 'resume', by: HELPER.name, because, now }
  }
  if (rollout?.stage.at === 'waiting' && rollout.stage.for !== 'turn') {
    return { type: 'promote', by: HELPER.name, now }
  }
  const hash = response?.decision.hash ?? ''
  if (response?.stage.at === 'asking') {
    const isSecond = response.approvals.some(({ by }) => by === HELPER.name)
    return { type: 'approve', actor: isSecond ? SECOND_HELPER : HELPER, hash, now }
  }
  if (response?.stage.at === 'holding') return { type: 'abort', actor: HELPER, because, now }
  if (measure?.judges === true) {
    const verdict = verdictOf('pass')
    return { type: 'judge', watch: measure.watch, verdict, routes: [], now }
  }
  return { type: 'tick', now }
}
