import type { Trials } from '../../core/backtest/backtest.ts'
import {
  badFromOf,
  type Findings,
  type Question,
  type Tried,
} from '../../core/backtest/backtest.ts'
import type { Finding } from '../../core/backtest/say-findings.ts'
import { type Instant, isoInstant } from '../../core/kernel/instant.ts'
import type { Asked } from './ask.ts'

/** The whole answer for programs: moments in ISO 8601, lengths in ms. */
export function documentOf(
  { question, group }: Asked,
  findings: Findings,
  said: readonly Finding[],
): unknown {
  const { recording, span, settings, threshold, injections, startsEvery, seed } = question
  return {
    recording: {
      name: recording.name,
      from: isoInstant(span.from),
      to: isoInstant(span.to),
      readings: recording.seen.length,
      remarks: recording.remarks,
    },
    question: {
      group: group.name,
      start: isoInstant(question.start),
      badFrom: moment(badFromOf(question)),
      settings: settingsOf(settings),
      threshold,
      injections,
      startsEvery,
      seed,
    },
    findings: said,
    asIs: triedOf(findings.asIs),
    others: findings.others.map(triedOf),
    threshold: findings.threshold.map((one) => ({
      ...one,
      firedAt: moment(one.firedAt),
      failedLooks: one.failedLooks.map(isoInstant),
    })),
  }
}

function triedOf({ label, settings, main, healthy, injected }: Tried): unknown {
  return {
    label,
    settings: settingsOf(settings),
    rollout: {
      start: isoInstant(main.start),
      end: isoInstant(main.end),
      firedAt: moment(main.firedAt),
      verdict: main.verdict,
      changes: main.changes.map((change) => ({ ...change, at: isoInstant(change.at) })),
    },
    healthy: trialsOf(healthy),
    injected: injected.map((one) => ({ injection: one.injection, ...trialsOf(one) })),
  }
}

function trialsOf({ every, trials }: Trials): {
  readonly every: number
  readonly rollouts: unknown
} {
  return {
    every,
    rollouts: trials.map(({ start, firedAt, thresholdAt, because }) => ({
      start: isoInstant(start),
      firedAt: moment(firedAt),
      thresholdAt: moment(thresholdAt),
      because,
    })),
  }
}

function settingsOf({ detection, group, groups }: Question['settings']): unknown {
  const { every, falseAlarms, staleAfter } = detection
  const metrics = detection.metrics.map(({ name, source, kind, tolerance, weight, shadow }) => {
    return { name, source, kind, tolerance, weight, shadow }
  })
  return { every, falseAlarms, staleAfter, groups, ...group, metrics }
}

function moment(at: Instant | null): string | null {
  return at === null ? null : isoInstant(at)
}
