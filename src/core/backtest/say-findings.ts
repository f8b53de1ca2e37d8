import { isoInstant, type Millis, sayDuration } from '../kernel/instant.ts'
import { badFromOf, type Findings, type Question, type Tried } from './backtest.ts'
import type { Injection } from './inject.ts'
import { sayThreshold } from './static-threshold.ts'
import { earliest, type Trial } from './trials.ts'

/** Fewer than one healthy recording in twenty would show that many halts, if the promise held. */
const UNLIKELY = 0.05

/** One thing that a backtest found, as a sentence. */
export interface Finding {
  /** `fine`: as it should be. `wanting`: somebody should look. `beside`: for comparison. */
  readonly weight: 'fine' | 'wanting' | 'beside'
  readonly sentence: string
}

/** Everything that a person should take home, most important first. */
export function sayFindings(question: Question, findings: Findings): readonly Finding[] {
  return [
    sayMain(question, findings.asIs),
    sayThresholdMain(question, findings),
    ...sayHealthy(question, findings.asIs),
    ...findings.asIs.injected.flatMap((one) => sayInjected(one.injection, one.trials)),
  ]
}

function sayMain(question: Question, { main }: Tried): Finding {
  const badFrom = badFromOf(question)
  const { firedAt, verdict, end } = main
  if (firedAt !== null) {
    const halted = `it would have halted at ${sayAt(firedAt)}`
    const why = lastFail(main)
    if (badFrom === null)
      return wanting(`The rollout: ${halted}, and nothing is known to be wrong; ${why}`)
    if (firedAt <= badFrom) {
      return wanting(
        `The rollout: ${halted}, ${sayDuration(badFrom - firedAt)} before the candidate is known to be bad; ${why}`,
      )
    }
    return fine(
      `The rollout: ${halted}, ${sayDuration(firedAt - badFrom)} after the candidate became bad; ${why}`,
    )
  }
  const at = `at ${sayAt(end)} the verdict was ${sayKind(verdict.kind)}`
  if (badFrom !== null && badFrom < end) {
    return wanting(
      `The rollout: it would not have halted within ${sayDuration(end - badFrom)} of the candidate becoming bad; ${at}: ${verdict.because}`,
    )
  }
  const says = `The rollout: it would not have halted; ${at}: ${verdict.because}`
  return verdict.kind === 'pass' ? fine(says) : wanting(says)
}

function lastFail({ changes }: Tried['main']): string {
  return changes.find(({ kind }) => kind === 'fail')?.because ?? ''
}

function sayThresholdMain(question: Question, { asIs, threshold }: Findings): Finding {
  const rule = `A static threshold (${sayThreshold(question.threshold)})`
  if (threshold.length === 0) return beside(`${rule} has no error rate to look at here`)
  const at = earliest(threshold.map(({ firedAt }) => firedAt))
  const looks = Math.max(...threshold.map((one) => one.looks))
  if (looks === 0) return beside(`${rule} would not have looked once in this time`)
  if (at === null) {
    const failed = Math.max(...threshold.map(({ failedLooks }) => failedLooks.length))
    return beside(`${rule} would not have halted: ${failed} of ${looks} looks failed`)
  }
  const ours = asIs.main.firedAt
  const compared =
    ours === null || ours === at
      ? ''
      : `, ${sayDuration(Math.abs(at - ours))} ${at > ours ? 'later' : 'earlier'}`
  const bad = badFromOf(question)
  const tooEarly = threshold
    .flatMap(({ failedLooks }) => failedLooks)
    .filter((look) => bad !== null && look <= bad && look <= at).length
  const unlucky =
    tooEarly === 0 ? '' : `; ${tooEarly} of the looks that failed were before anything was wrong`
  return beside(`${rule} would have halted at ${sayAt(at)}${compared}${unlucky}`)
}

function sayHealthy({ badFrom }: Question, { healthy, settings }: Tried): readonly Finding[] {
  const { trials, every } = healthy
  if (trials.length === 0) {
    const what = badFrom === null ? 'recording' : 'healthy part of the recording'
    return [
      beside(
        `False alarms: the ${what} is shorter than one bake of ${sayDuration(settings.group.bake)}, so none could be counted`,
      ),
    ]
  }
  const halted = trials.filter(({ firedAt }) => firedAt !== null)
  const rollouts = `${trials.length} ${trials.length === 1 ? 'rollout' : 'rollouts'} started every ${sayDuration(every)} where nothing is known to be wrong`
  const promise = settings.detection.falseAlarms / settings.groups
  const promised = `the strategy allows ${sayShare(promise)} in this group`
  const byThreshold = trials.filter(({ thresholdAt }) => thresholdAt !== null).length
  const beneath = byThreshold === 0 ? 'none' : String(byThreshold)
  const compared = `; the static threshold would have halted ${beneath}`
  if (halted.length === 0)
    return [
      fine(`False alarms: none of ${rollouts} would have been halted (${promised})${compared}`),
    ]
  const first = halted[0]
  const example =
    first === undefined || first.firedAt === null
      ? ''
      : `; the first at ${sayAt(first.firedAt)}: ${first.because}`
  const says = `False alarms: ${halted.length} of ${rollouts} would have been halted (${promised})${compared}${example}`
  const unlikely = chanceOfAtLeast(halted.length, trials.length, promise) < UNLIKELY
  return [unlikely ? wanting(says) : fine(says)]
}

function sayInjected(injection: Injection, trials: readonly Trial[]): readonly Finding[] {
  const what = sayInjection(injection)
  if (trials.length === 0)
    return [
      beside(
        `${what}: no healthy part of the recording holds a whole bake, so it was put into one rollout alone`,
      ),
    ]
  const delays = trials
    .flatMap(({ firedAt, start }) => (firedAt === null ? [] : [firedAt - start - injection.after]))
    .filter((delay) => delay >= 0)
    .toSorted((a, b) => a - b)
  const found = `${what}: found in ${delays.length} of ${trials.length} rollouts`
  const byThreshold = trials.filter(
    ({ thresholdAt, start }) => thresholdAt !== null && thresholdAt >= start + injection.after,
  ).length
  const compared = `; the static threshold found it in ${byThreshold}`
  const says =
    delays.length === 0
      ? `${found}${compared}`
      : `${found}, after ${sayDuration(middle(delays))} in the middle and ${sayDuration(delays.at(-1) ?? 0)} at the longest${compared}`
  return [delays.length === trials.length ? fine(says) : wanting(says)]
}

/** `errors in 5 % of requests from 10m on`. */
export function sayInjection({ kind, metric, amount, after }: Injection): string {
  const when = after === 0 ? 'from the start' : `from ${sayDuration(after)} on`
  if (kind === 'latency') return `With ${metric} ${amount} times as slow ${when}`
  return `With ${sayShare(amount)} more failures in ${metric} ${when}`
}

/** The median of sorted lengths of time. */
export function middle(sorted: readonly Millis[]): Millis {
  const [low, high] = [sorted[(sorted.length - 1) >>> 1] ?? 0, sorted[sorted.length >>> 1] ?? 0]
  return (low + high) / 2
}

/** P(X ≥ k) of a binomial distribution: how likely this many halts are where each has this chance. */
export function chanceOfAtLeast(k: number, n: number, p: number): number {
  let [below, term] = [0, (1 - p) ** n]
  for (let i = 0; i < k; i += 1) {
    below += term
    term *= ((n - i) / (i + 1)) * (p / (1 - p))
  }
  return Math.max(0, 1 - below)
}

/** A moment in UTC to the second: `2026-11-20 14:05:30Z`. */
export function sayAt(at: number): string {
  return `${isoInstant(at).slice(0, 19).replace('T', ' ')}Z`
}

function sayKind(kind: string): string {
  return kind === 'no-data' ? 'no data' : kind
}

function sayShare(part: number): string {
  return `${Number((part * 100).toPrecision(3))} %`
}

function fine(sentence: string): Finding {
  return { weight: 'fine', sentence }
}

function wanting(sentence: string): Finding {
  return { weight: 'wanting', sentence }
}

function beside(sentence: string): Finding {
  return { weight: 'beside', sentence }
}
