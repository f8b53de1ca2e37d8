import {
  badFromOf,
  type Findings,
  type Question,
  type Tried,
} from '../../core/backtest/backtest.ts'
import { middle } from '../../core/backtest/say-findings.ts'
import type { Trial } from '../../core/backtest/trials.ts'
import { sayDuration } from '../../core/kernel/instant.ts'

/** What each set of settings would have done: the head, and a row per set, the strategy's own first. */
export function triedTable(
  question: Question,
  { asIs, others }: Findings,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const head = [
    'settings',
    'the rollout',
    'false alarms',
    ...asIs.injected.map(({ injection }) => `${injection.metric} found`),
  ]
  return { head, rows: [asIs, ...others].map((tried) => rowOf(question, tried)) }
}

function rowOf(question: Question, { label, main, healthy, injected }: Tried): readonly string[] {
  const bad = badFromOf(question)
  const from = bad === null || (main.firedAt ?? bad) < bad ? main.start : bad
  const early = bad !== null && main.firedAt !== null && main.firedAt < bad ? ' (too early)' : ''
  const halted =
    main.firedAt === null
      ? `not halted, ${main.verdict.kind}`
      : `halted after ${sayDuration(main.firedAt - from)}${early}`
  const alarms = healthy.trials.filter(({ firedAt }) => firedAt !== null).length
  return [
    label ?? 'as they are',
    halted,
    healthy.trials.length === 0 ? '–' : `${alarms} of ${healthy.trials.length}`,
    ...injected.map(({ injection, trials }) => sayFound(trials, injection.after)),
  ]
}

function sayFound(trials: readonly Trial[], after: number): string {
  const delays = trials
    .flatMap(({ firedAt, start }) => (firedAt === null ? [] : [firedAt - start - after]))
    .filter((delay) => delay >= 0)
    .toSorted((a, b) => a - b)
  if (trials.length === 0) return '–'
  const found = `${delays.length} of ${trials.length}`
  return delays.length === 0 ? found : `${found}, in ${sayDuration(middle(delays))}`
}
