import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import type { Instant } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { bindingOf } from '../core/rollout/group-tests.ts'
import type { Action } from '../core/step/step.ts'
import type { TestOutcome } from '../core/words/test-outcome.ts'
import type { Platform, StackSighting } from '../ports/platform.ts'
import type { ProbeOutcome, ProbeTarget } from '../ports/prober.ts'
import type { Effect, Look, Performing } from './perform.ts'

type SmokeAction = Extract<Action, { kind: 'smoke' }>

/** What is there to be tested: proved to be the release under test. */
interface Identified {
  readonly target: ProbeTarget
  readonly incarnation: string | null
  readonly provedBy: string
}

/**
 * Runs one test against the candidate. Before it counts, what is there must prove that it is the
 * release under test, and once more afterwards; a pass of an instance that was started anew in
 * between, or of another release, is an error and never a pass. Each try tells the witness what
 * became of it.
 */
export function testCandidate(
  action: SmokeAction,
  platform: Platform,
  context: Performing,
): Effect {
  const { clock, witness } = context
  let outcome: Look = { inEffect: false, seen: 'not run yet' }
  return {
    look: async () => yes(outcome),
    async ask(ask) {
      const startedAt = clock.now()
      const tell = (part: Ended) => witness.tested(outcomeOf(action, context, startedAt, part))
      const before = await identify(action, platform, context, ask.signal)
      if (!before.ok) return notRun(before.problem, tell)
      const { target, provedBy } = before.value
      const ran = await context.drivers.prober.probe(action.smoke, target, ask, witness.saw)
      if (!ran.ok) return notRun(ran.problem, tell)
      const after = await identify(action, platform, context, ask.signal)
      const judged = judge(ran.value, before.value, after)
      tell({ ...judged, provedBy })
      if (judged.verdict !== 'pass') return no(failure('refused', 'safe', judged.because))
      outcome = { inEffect: true, evidence: judged.because }
      return yes(null)
    },
  }
}

type Ended = Pick<TestOutcome, 'verdict' | 'because' | 'provedBy' | 'counts' | 'artefacts'>

/** The outcome of a test that could not be run for this reason. */
export function errorOutcome(
  action: SmokeAction,
  context: Pick<Performing, 'rollout' | 'clock'>,
  startedAt: Instant,
  { detail }: DriverFailure,
): TestOutcome {
  return outcomeOf(action, context, startedAt, errorOf(detail))
}

function notRun(
  problem: DriverFailure,
  tell: (part: Ended) => void,
): { readonly ok: false; readonly problem: DriverFailure } {
  tell(errorOf(problem.detail))
  return no(problem)
}

function errorOf(because: string): Ended {
  return { verdict: 'error', because, provedBy: null, counts: null, artefacts: [] }
}

function outcomeOf(
  action: SmokeAction,
  { rollout, clock }: Pick<Performing, 'rollout' | 'clock'>,
  startedAt: Instant,
  part: Ended,
): TestOutcome {
  const of = bindingOf(rollout.id, action)
  return { test: action.smoke.name, of, startedAt, tookMs: clock.now() - startedAt, ...part }
}

/** A failure stands even when the candidate died of the test; a pass needs the same candidate after it. */
function judge(
  ran: ProbeOutcome,
  before: Identified,
  after: Result<Identified, DriverFailure>,
): Omit<Ended, 'provedBy'> {
  const { verdict, because, counts } = ran
  const rest = { counts, artefacts: [...ran.artefacts] }
  if (verdict !== 'pass') return { verdict, because, ...rest }
  if (!after.ok) {
    return {
      verdict: 'error',
      because: `${because}; but afterwards ${after.problem.detail}`,
      ...rest,
    }
  }
  if (after.value.incarnation !== before.incarnation) {
    const why = `an instance of the candidate was started anew while the test ran, so nobody knows which one it tested`
    return { verdict: 'error', because: `${because}; but ${why}`, ...rest }
  }
  return { verdict: 'pass', because: `${because}; ${before.provedBy}`, ...rest }
}

async function identify(
  action: SmokeAction,
  platform: Platform,
  { rollout, drivers }: Performing,
  signal: AbortSignal,
): Promise<Result<Identified, DriverFailure>> {
  const { stack, release, group, component, version } = action
  const seen = await platform.observe({ workload: rollout.workload, component, stack }, signal)
  if (!seen.ok) return seen
  if (seen.value.release !== release) return no(wrongRelease(action, seen.value))
  const { endpoints, incarnation } = seen.value
  const endpoint = endpoints[0] ?? null
  const target = { endpoint, workload: rollout.workload, release, stack, group }
  if (version === undefined) {
    const provedBy = `release by the platform's own sighting: ${release} on ${stack}`
    return yes({ target, incarnation, provedBy })
  }
  const proved = await drivers.prober.prove(version, { release, stack, endpoints }, signal)
  return proved.ok ? yes({ target, incarnation, provedBy: proved.value.says }) : proved
}

function wrongRelease({ stack, release }: SmokeAction, seen: StackSighting): DriverFailure {
  const what = `the release under test is ${release}, and ${stack} runs ${seen.release ?? 'nothing'}: ${seen.evidence}`
  return failure('refused', 'safe', what)
}
