import type { AuditReport } from '../../contract/audit-report.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import type { Load } from './load.ts'
import type { Scenario } from './scenarios.ts'

/** What `--json` prints: one document. Times are milliseconds since the rollout started; null: it did not happen. */
export interface DemoReport {
  readonly scenario: string
  readonly outcome: 'mitigated' | 'completed' | 'failed'
  readonly mitigation: 'fallback' | 'rollback' | 'bypass' | null
  readonly because: string
  readonly groups: readonly {
    readonly name: string
    readonly verdict: string | null
    readonly exposedRequests: number
    readonly failedRequests: number
  }[]
  readonly requests: {
    readonly total: number
    readonly failed: number
    readonly failedAfterMitigation: number
  }
  readonly timings: {
    readonly firstBadMs: number | null
    readonly haltedMs: number | null
    readonly decidedMs: number | null
    readonly mitigatedMs: number | null
  }
  readonly messages: readonly {
    readonly audience: string
    readonly channel: string
    readonly subject: string
  }[]
  readonly postmortem: { readonly id: string; readonly path: string } | null
  readonly events: number
  readonly auditVerified: boolean
}

export interface Played {
  readonly scenario: Scenario
  readonly view: RolloutView
  readonly load: Load
  readonly audit: AuditReport
  /** Where the postmortem was kept. */
  readonly postmortemPath: string | null
}

export function reportOf({ scenario, view, load, audit, postmortemPath }: Played): DemoReport {
  const { startedAt, haltedAt, decidedAt } = view.times
  const offAt = trafficOffAt(view)
  const since = (at: number | null) => (at === null ? null : Math.max(0, at - startedAt))
  return {
    scenario: scenario.name,
    outcome: outcomeOf(view),
    mitigation: mitigationOf(view),
    because: view.because,
    groups: view.groups
      .filter(({ openedAt }) => openedAt !== null)
      .map(({ name, verdict, exposed }) => ({
        name,
        verdict: verdict?.kind ?? null,
        exposedRequests: exposed,
        failedRequests:
          verdict?.evidence.find(({ metric }) => metric === 'errors')?.candidate.events ?? 0,
      })),
    requests: {
      total: load.total(),
      failed: load.failed(),
      failedAfterMitigation: offAt === null ? 0 : load.failedSince(offAt),
    },
    timings: {
      firstBadMs: since(firstBadAt(scenario, view, load)),
      haltedMs: since(haltedAt),
      decidedMs: since(decidedAt),
      mitigatedMs: since(offAt),
    },
    messages: (view.incident?.messages ?? [])
      .filter(({ state }) => state === 'delivered')
      .map(({ audience, channel, subject }) => ({ audience, channel, subject })),
    postmortem: postmortemPath === null ? null : { id: view.id, path: postmortemPath },
    events: audit.events,
    auditVerified: audit.problems.length === 0,
  }
}

/** The short table at the end. */
export function reportTable(report: DemoReport): readonly string[] {
  const { requests, timings } = report
  const after = (at: number | null) => {
    if (at === null) return 'did not happen'
    const from = timings.firstBadMs ?? 0
    return `${sayDuration(at - from)} after the first bad answer`
  }
  const rows: readonly (readonly [string, string])[] = [
    ['requests served', String(requests.total)],
    [
      'requests that users lost',
      `${requests.failed} (${requests.failedAfterMitigation} after the mitigation)`,
    ],
    ...(timings.haltedMs === null
      ? []
      : ([
          ['halted', after(timings.haltedMs)],
          ['decided', after(timings.decidedMs)],
          [
            report.mitigation === 'bypass' ? 'switched off' : 'traffic off',
            after(timings.mitigatedMs),
          ],
        ] as const)),
    ['messages delivered', String(report.messages.length)],
    [
      'facts in the log',
      `${report.events}, ${report.auditVerified ? 'all as they were recorded' : 'NOT as they were recorded'}`,
    ],
    ['postmortem', report.postmortem?.path ?? 'none: nothing failed'],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

function outcomeOf(view: RolloutView): DemoReport['outcome'] {
  if (view.phase === 'completed') return 'completed'
  return view.phase === 'mitigated' || view.phase === 'bypassed' ? 'mitigated' : 'failed'
}

function mitigationOf({ mitigation }: RolloutView): DemoReport['mitigation'] {
  const choose = mitigation?.state === 'in-effect' ? mitigation.choose : null
  return choose === 'fallback' || choose === 'rollback' || choose === 'bypass' ? choose : null
}

/** When the harm was seen to end: the candidate at zero, or the faulty part switched off. */
function trafficOffAt({ mitigation }: RolloutView): number | null {
  const ends = mitigation?.steps.find(
    ({ id, state }) => state === 'seen' && /-(drain|flag)$/.test(id),
  )
  return ends?.since ?? null
}

/** The first answer that hurt a user; where nothing fails but all is slow, the candidate's first answer. */
function firstBadAt({ fault }: Scenario, view: RolloutView, load: Load): number | null {
  const { startedAt, haltedAt } = view.times
  if (haltedAt === null) return null
  if (fault !== 'slow') return load.firstLossSince(startedAt)
  const { candidate } = view.exposure
  return candidate === null ? null : load.firstAnswerSince(candidate, startedAt)
}
