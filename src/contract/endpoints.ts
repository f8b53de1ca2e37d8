import { z } from 'zod'
import { Findings } from '../core/attribute/findings.ts'
import { AlertmanagerWebhook } from '../core/signal/from-alertmanager.ts'
import { AzureMonitorAlert } from '../core/signal/from-azure-monitor.ts'
import { Name } from '../core/strategy/quantities.ts'
import { AttributionTaken, TakeFaults, TakePlacements } from './attribution.ts'
import { AuditReport } from './audit-report.ts'
import { EventView } from './event-view.ts'
import type { Permission } from './permissions.ts'
import { Finding } from './problem.ts'
import { Approve, LiftQuarantine, Lint, Nothing, StartRollout, WithReason } from './requests.ts'
import { RolloutSummary } from './rollout-summary.ts'
import { RolloutView } from './rollout-view.ts'
import { PageQuery, pageOf, RolloutId } from './shapes.ts'
import {
  FromAzure,
  FromSource,
  Heard,
  ReportTaken,
  ReportTrouble,
  SignalsTaken,
  UnboundSignals,
} from './signals.ts'
import { TimelineEntry } from './timeline-view.ts'
import { CreatedToken, CreateToken, TokenView } from './token-view.ts'
import { WorkloadView } from './workload-view.ts'

/** What a caller may send, what comes back, and who may ask. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'delete'
  /** With `{name}` for a part of the path. */
  readonly path: string
  readonly says: string
  readonly may: Permission
  readonly params: z.ZodType
  readonly query: z.ZodType
  /** Null: there is no body. */
  readonly body: z.ZodType | null
  readonly status: 200 | 201
  /** Null: the answer is a stream of events (see `LIVE_EVENTS`). */
  readonly answer: z.ZodType | null
}

const OfRollout = z.strictObject({ id: RolloutId })
const OfName = z.strictObject({ name: z.string().min(1).max(63) })
const looking = {
  method: 'get',
  may: 'look',
  params: Nothing,
  query: Nothing,
  body: null,
  status: 200,
} as const

/** What a person tells a rollout; the answer is the rollout as it is afterwards. */
function tell<const Name extends string, Body extends z.ZodType>(
  name: Name,
  may: Permission,
  body: Body,
  says: string,
) {
  return {
    ...looking,
    method: 'post',
    path: `/v1/rollouts/{id}/${name}`,
    says,
    may,
    params: OfRollout,
    body,
    answer: RolloutView,
  } as const
}

/**
 * Every endpoint of the API. The server mounts them, checks what comes in and who asks, and writes
 * the OpenAPI document from this table; the command line calls through it. There is no other list.
 */
export const ENDPOINTS = {
  lint: {
    ...looking,
    method: 'post',
    path: '/v1/lint',
    says: 'Check a strategy, and answer everything that is wrong with it.',
    may: 'look',
    body: Lint,
    answer: z.object({ valid: z.boolean(), problems: z.array(Finding) }),
  },
  startRollout: {
    ...looking,
    method: 'post',
    path: '/v1/rollouts',
    says: 'Begin to expose a release, group by group.',
    may: 'operate',
    body: StartRollout,
    status: 201,
    answer: z.object({ id: RolloutId }),
  },
  listRollouts: {
    ...looking,
    path: '/v1/rollouts',
    says: 'The rollouts, newest first.',
    query: PageQuery,
    answer: pageOf(RolloutSummary),
  },
  getRollout: {
    ...looking,
    path: '/v1/rollouts/{id}',
    says: 'Everything that is known of a rollout.',
    params: OfRollout,
    answer: RolloutView,
  },
  getEvents: {
    ...looking,
    path: '/v1/rollouts/{id}/events',
    says: 'The facts of a rollout, its incident and its postmortem, oldest first.',
    params: OfRollout,
    query: PageQuery,
    answer: pageOf(EventView),
  },
  getTimeline: {
    ...looking,
    path: '/v1/rollouts/{id}/timeline',
    says: 'What happened, told in sentences.',
    params: OfRollout,
    answer: z.object({ entries: z.array(TimelineEntry) }),
  },
  watchRollout: {
    ...looking,
    path: '/v1/rollouts/{id}/live',
    says: 'A rollout as it goes on, as server-sent events.',
    params: OfRollout,
    answer: null,
  },
  pause: tell('pause', 'operate', WithReason, 'Let nothing grow until somebody resumes.'),
  resume: tell('resume', 'operate', WithReason, 'Go on after a pause or a halt.'),
  promote: tell('promote', 'operate', Nothing, 'Open the group that waits, or end a bake early.'),
  abort: tell('abort', 'operate', WithReason, 'Halt, and take the way out that the tree chooses.'),
  approve: tell('approve', 'approve', Approve, 'Say yes to the decision that waits.'),
  reject: tell('reject', 'approve', WithReason, 'Say no: the next way out is decided.'),
  fallback: tell('fallback', 'operate', WithReason, 'Move all traffic to the old stack.'),
  rollback: tell('rollback', 'operate', WithReason, 'Restore the whole last known good state.'),
  getWorkload: {
    ...looking,
    path: '/v1/workloads/{name}',
    says: 'What is known of a workload from one rollout to the next.',
    params: OfName,
    answer: WorkloadView,
  },
  liftQuarantine: {
    ...looking,
    method: 'post',
    path: '/v1/workloads/{name}/quarantine/lift',
    says: 'Let a release that failed be exposed again.',
    may: 'operate',
    params: OfName,
    body: LiftQuarantine,
    answer: WorkloadView,
  },
  takeAlertmanager: {
    ...looking,
    method: 'post',
    path: '/v1/signals/alertmanager',
    says: 'Alerts of an Alertmanager, as its webhook (version 4) sends them.',
    may: 'report',
    query: FromSource,
    body: AlertmanagerWebhook,
    answer: SignalsTaken,
  },
  takeAzureMonitor: {
    ...looking,
    method: 'post',
    path: '/v1/signals/azure-monitor',
    says: 'An alert of Azure Monitor in the common alert schema.',
    may: 'report',
    query: FromAzure,
    body: AzureMonitorAlert,
    answer: SignalsTaken,
  },
  takeWebhook: {
    ...looking,
    method: 'post',
    path: '/v1/signals/webhook/{name}',
    says: 'An event of any other system, read as `detection.alerts.webhooks` says.',
    may: 'signed',
    params: OfName,
    body: z.looseObject({}),
    answer: SignalsTaken,
  },
  takeHeartbeat: {
    ...looking,
    method: 'post',
    path: '/v1/signals/heartbeat/{source}',
    says: 'A source lives, and has nothing to say.',
    may: 'report',
    params: z.strictObject({ source: Name }),
    body: z.looseObject({}),
    answer: Heard,
  },
  listSignals: {
    ...looking,
    path: '/v1/signals',
    says: 'Signals of the last seven days that were given to no rollout, newest first.',
    answer: UnboundSignals,
  },
  takeReport: {
    ...looking,
    method: 'post',
    path: '/v1/reports',
    says: 'A user reports trouble: which release served them, and what follows.',
    may: 'report',
    body: ReportTrouble,
    answer: ReportTaken,
  },
  takePlacements: {
    ...looking,
    method: 'post',
    path: '/v1/placements',
    says: 'The nodes of the fleet, and when which rollout reached which of them.',
    may: 'report',
    body: TakePlacements,
    answer: AttributionTaken,
  },
  takeFaults: {
    ...looking,
    method: 'post',
    path: '/v1/faults',
    says: 'Faults that name no rollout: they are given to the one that causes them, or to none.',
    may: 'report',
    body: TakeFaults,
    answer: AttributionTaken,
  },
  getAttribution: {
    ...looking,
    path: '/v1/attribution',
    says: 'Which of the rollouts under way is to blame for the faults of the last week, with the evidence. `/attribution` is the same as a page.',
    answer: Findings,
  },
  verifyAudit: {
    ...looking,
    path: '/v1/audit/verify',
    says: 'Prove that nothing in the log was changed.',
    answer: AuditReport,
  },
  listTokens: {
    ...looking,
    path: '/v1/tokens',
    says: 'All tokens, without their secrets.',
    may: 'administer',
    answer: z.object({ items: z.array(TokenView) }),
  },
  createToken: {
    ...looking,
    method: 'post',
    path: '/v1/tokens',
    says: 'Create a token. Its secret is in this answer and nowhere else.',
    may: 'administer',
    body: CreateToken,
    status: 201,
    answer: CreatedToken,
  },
  revokeToken: {
    ...looking,
    method: 'delete',
    path: '/v1/tokens/{name}',
    says: 'Refuse a token from now on.',
    may: 'administer',
    params: OfName,
    answer: TokenView,
  },
} as const satisfies Readonly<Record<string, Endpoint>>

export type Endpoints = typeof ENDPOINTS
export type EndpointName = keyof Endpoints

/** What a handler gets, and a client sends, for one endpoint. */
export type ParamsOf<Name extends EndpointName> = z.output<Endpoints[Name]['params']>
export type QueryOf<Name extends EndpointName> = z.output<Endpoints[Name]['query']>
export type BodyOf<Name extends EndpointName> = Endpoints[Name]['body'] extends z.ZodType
  ? z.output<Endpoints[Name]['body']>
  : null
export type AnswerOf<Name extends EndpointName> = Endpoints[Name]['answer'] extends z.ZodType
  ? z.output<Endpoints[Name]['answer']>
  : null
