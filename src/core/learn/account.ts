import type { WrittenMessage } from '../communicate/incident.ts'
import type { Decision } from '../decide/decision.ts'
import { type Instant, SECOND, sayDuration } from '../kernel/instant.ts'
import type { Failing } from '../rollout/failing.ts'
import type { TestOutcome } from '../words/test-outcome.ts'
import type { Happened } from './history.ts'
import { type Interval, type Measures, measuresOf } from './measures.ts'

/** One step of a mitigation: when it was asked for, when it was seen, and how often it was tried. */
export interface StepAccount {
  readonly id: string
  readonly says: string
  readonly askedAt: Instant | null
  readonly seenAt: Instant | null
  readonly tries: number
  /** What was seen, or why the last try failed. */
  readonly evidence: string
}

/** One decision and what came of it. */
export interface Attempt {
  readonly decision: Decision
  readonly decidedAt: Instant
  readonly approvals: readonly { readonly role: string; readonly at: Instant }[]
  /** On whose yes it began; null when it never did. */
  readonly authority: string | null
  readonly steps: readonly StepAccount[]
  readonly outcome: {
    readonly how: 'took-effect' | 'did-not-help' | 'expired' | 'rejected' | 'open'
    readonly because: string
    readonly at: Instant | null
  }
}

/** What one audience heard. */
export interface AudienceAccount {
  readonly name: string
  readonly firstHeardAt: Instant | null
  readonly heard: number
  readonly notAccepted: number
  /** Messages that were accepted after the moment that the one before had promised. */
  readonly late: number
  readonly heardEnd: boolean
}

/** A failed rollout as the postmortem tells it: the facts of its history, sorted by what they are about. */
export interface Account {
  readonly started: DataOf<'rollout.started'>
  readonly baseline: DataOf<'rollout.baseline-captured'> | null
  readonly halts: readonly { readonly failing: Failing; readonly at: Instant }[]
  /** The last test that failed; null when none did. */
  readonly failedTest: TestOutcome | null
  readonly attempts: readonly Attempt[]
  readonly overdue: number
  readonly passed: readonly string[]
  readonly ended: { readonly outcome: string; readonly because: string } | null
  readonly audiences: readonly AudienceAccount[]
  readonly openedAt: Instant | null
  readonly dueAt: Instant | null
  readonly measures: Measures
}

/** Sorts a history; null when it holds no rollout. */
export function accountOf(history: readonly Happened[]): Account | null {
  const started = only(history, 'rollout.started')[0]?.data
  if (started === undefined) return null
  const completed = only(history, 'rollout.completed').at(-1)?.data
  const ended = only(history, 'rollout.ended').at(-1)?.data
  const owed = only(history, 'postmortem.opened')[0]
  return {
    started,
    baseline: only(history, 'rollout.baseline-captured')[0]?.data ?? null,
    halts: only(history, 'rollout.halted').map(({ data, at }) => ({ failing: data.failing, at })),
    failedTest:
      only(history, 'test.ended').findLast(({ data }) => data.verdict === 'fail')?.data ?? null,
    attempts: attemptsOf(history),
    overdue: only(history, 'approval.overdue').length,
    passed: [...new Set(only(history, 'group.passed').map(({ data }) => data.group))],
    ended:
      ended ??
      (completed === undefined ? null : { outcome: 'completed', because: completed.because }),
    audiences: audiencesOf(history),
    openedAt: owed?.at ?? null,
    dueAt: owed?.data.dueAt ?? null,
    measures: measuresOf(history),
  }
}

/** `4m 12s`, or why there is no such time. */
export function sayInterval(interval: Interval): string {
  switch (interval.state) {
    case 'recorded':
      return interval.ms < SECOND ? 'under 1s' : sayDuration(interval.ms)
    case 'pending':
      return 'not yet known'
    case 'not-applicable':
      return 'does not apply'
  }
}

type DataOf<Type extends Happened['event']['type']> = Extract<
  Happened['event'],
  { readonly type: Type }
>['data']

/** The facts of one kind. */
function only<const Type extends Happened['event']['type']>(
  history: readonly Happened[],
  type: Type,
): readonly { readonly data: DataOf<Type>; readonly at: Instant }[] {
  return history.flatMap(({ event, at }) => {
    if (event.type !== type) return []
    // The comparison has just vouched for the type; the type system cannot follow that.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return [{ data: event.data as DataOf<Type>, at }]
  })
}

function attemptsOf(history: readonly Happened[]): readonly Attempt[] {
  const starts = history.flatMap(({ event }, place) =>
    event.type === 'decision.made' ? [place] : [],
  )
  return starts.map((from, turn) => attemptOf(history.slice(from, starts[turn + 1])))
}

/** One decision and everything up to the next one. */
function attemptOf(history: readonly Happened[]): Attempt {
  const [made] = only(history, 'decision.made')
  if (made === undefined) throw new RangeError('an attempt begins with its decision')
  const began = only(history, 'mitigation.began')[0]
  return {
    decision: made.data.decision,
    decidedAt: made.at,
    approvals: only(history, 'approval.given').map(({ data, at }) => ({ role: data.role, at })),
    authority: began?.data.authority ?? null,
    steps: began === undefined ? [] : stepsOf(began.data.plan, history),
    outcome: outcomeOf(history),
  }
}

/** What ended it counts: a bypass that took effect may still have run out. */
function outcomeOf(history: readonly Happened[]): Attempt['outcome'] {
  const found = [
    ...only(history, 'mitigation.took-effect').map((one) => ({ how: 'took-effect', one }) as const),
    ...only(history, 'mitigation.did-not-help').map(
      (one) => ({ how: 'did-not-help', one }) as const,
    ),
    ...only(history, 'mitigation.expired').map((one) => ({ how: 'expired', one }) as const),
    ...only(history, 'approval.rejected').map((one) => ({ how: 'rejected', one }) as const),
  ].at(-1)
  if (found === undefined) return { how: 'open', because: '', at: null }
  const { how, one } = found
  return { how, because: one.data.because, at: one.at }
}

function stepsOf(
  plan: DataOf<'mitigation.began'>['plan'],
  history: readonly Happened[],
): readonly StepAccount[] {
  const began = only(history, 'step.began')
  const failed = only(history, 'step.failed')
  const seen = only(history, 'step.seen')
  return plan.map(({ id, says }) => {
    const tries = began.filter(({ data }) => data.step === id)
    const sight = seen.find(({ data }) => data.step === id)
    const trouble = failed.findLast(({ data }) => data.step === id)
    return {
      id,
      says,
      askedAt: tries[0]?.at ?? null,
      seenAt: sight?.at ?? null,
      tries: tries.length,
      evidence: sight?.data.evidence ?? trouble?.data.failure.detail ?? '',
    }
  })
}

function audiencesOf(history: readonly Happened[]): readonly AudienceAccount[] {
  const opened = only(history, 'incident.opened')[0]
  const written = only(history, 'message.written').map(({ data }) => data)
  const heardAt = new Map(only(history, 'message.delivered').map(({ data, at }) => [data.id, at]))
  const lost = only(history, 'message.failed').filter(({ data }) => data.retryAt === null)
  return (opened?.data.audiences ?? []).map(({ name }) => {
    const mine = written.filter(({ audience }) => audience === name)
    const heard = mine.flatMap((message) => {
      const at = heardAt.get(message.id)
      return at === undefined ? [] : [{ message, at }]
    })
    return {
      name,
      firstHeardAt: heard.length === 0 ? null : Math.min(...heard.map(({ at }) => at)),
      heard: heard.length,
      notAccepted: lost.filter(({ data }) => mine.some(({ id }) => id === data.id)).length,
      late: lateOnes(mine, heardAt),
      heardEnd: heard.some(({ message }) => message.kind === 'end'),
    }
  })
}

/** Only delivery keeps a promise: an update that was written in time and accepted later was late. */
function lateOnes(
  messages: readonly WrittenMessage[],
  heardAt: ReadonlyMap<string, Instant>,
): number {
  return messages.filter(({ nextUpdateAt }, place) => {
    const next = messages[place + 1]
    if (nextUpdateAt === null || next === undefined) return false
    const at = heardAt.get(next.id)
    return at === undefined || at > nextUpdateAt + PROMISE_GRACE_MS
  }).length
}

/** A message that arrives within half a minute of the promised minute is on time for a reader. */
const PROMISE_GRACE_MS = 30_000
