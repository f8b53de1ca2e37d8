import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Finding, Problem } from '../contract/problem.ts'
import type { Refusal } from '../engine/control.ts'

/** What a caller sees of one code: the status, what happened, and what to do about it. */
type Saying = readonly [status: ContentfulStatusCode, title: string, advice: string]

/** A new refusal does not compile until somebody has decided what people see. */
const REFUSALS = {
  'not-found': [404, 'There is no such rollout.', 'List the rollouts to see their ids.'],
  'already-started': [409, 'This rollout was started before.', 'Look at it, or start a new one.'],
  'already-over': [409, 'This rollout is over.', 'Start a new one with a corrected release.'],
  'already-paused': [409, 'This rollout is paused already.', 'Resume it when you are ready.'],
  paused: [409, 'This rollout is paused.', 'Resume it first, with a reason.'],
  'not-paused': [409, 'This rollout is neither paused nor halted.', 'There is nothing to resume.'],
  halted: [
    409,
    'This rollout has halted.',
    'Approve or reject the decision, choose a way out, or resume with a reason.',
  ],
  'already-halted': [
    409,
    'This rollout has halted already.',
    'Approve or reject the decision, or choose fallback or rollback yourself.',
  ],
  'nothing-to-promote': [
    409,
    'No group waits to be promoted.',
    'Promote while a group waits for it or is baking.',
  ],
  'not-measured': [
    409,
    'The evidence does not let this group pass.',
    'Wait for the verdict "pass", or abort.',
  ],
  'not-preparing': [409, 'The present state was captured before.', 'Look at the rollout again.'],
  'no-plan-under-way': [409, 'Nothing is being carried out.', 'Look at the rollout again.'],
  'stale-attempt': [409, 'A newer attempt is under way.', 'Look at the rollout again.'],
  'no-approval-needed': [409, 'No approval is missing.', 'Look at the rollout: it goes on.'],
  'wrong-hash': [
    409,
    'The decision has changed since you read it.',
    'Read the decision that waits now, and approve that one.',
  ],
  'not-your-role': [
    403,
    'None of your roles is asked for.',
    'Ask somebody who has the role, or use a token that has it.',
  ],
  'approved-before': [
    409,
    'You have said yes before.',
    'The other yes has to come from another person.',
  ],
  'own-request': [
    403,
    'Whoever started the rollout cannot approve where two are needed.',
    'Ask somebody else.',
  ],
  'borrowed-evidence': [
    409,
    'The outcome is of another test.',
    'Test this release, in this group, in this opening.',
  ],
  'not-halted': [409, 'Nothing has failed.', 'Abort first if something is wrong.'],
  'not-asking': [409, 'No decision waits for an approval.', 'Look at the rollout again.'],
  'already-acting': [409, 'This way out is under way already.', 'Watch it.'],
  impossible: [409, 'This way out cannot be taken now.', 'Look at why, and choose another one.'],
  mitigating: [
    409,
    'A mitigation is under way.',
    'Wait until it is seen in effect, or choose another way out.',
  ],
  'not-approved': [
    409,
    'The hotfix is not approved yet.',
    'Approve the decision of the failed rollout first.',
  ],
  'rollout-under-way': [
    409,
    'Another rollout of this workload is under way.',
    'Wait for its end, or abort it. A hotfix names it with "hotfixFor".',
  ],
  quarantined: [
    409,
    'This release failed before and is in quarantine.',
    'Release a corrected version, or lift the quarantine with a reason.',
  ],
  'not-quarantined': [409, 'This release is not in quarantine.', 'There is nothing to lift.'],
  'too-many-signals': [
    503,
    'Too many signals fire on this rollout.',
    'It was not recorded. Look at the rollout, and group the alerts.',
  ],
  'too-busy': [503, 'Several people are changing this at once.', 'Try again in a moment.'],
} as const satisfies Readonly<Record<Refusal['code'], Saying>>

/** What the server itself says no to, before anybody else is asked. */
const EDGE = {
  'bad-request': [400, 'The request is not well formed.', 'Correct the fields that are listed.'],
  unauthenticated: [
    401,
    'This needs a valid token.',
    'Send "Authorization: Bearer <token>". The first token was printed when the server was first started.',
  ],
  forbidden: [403, 'Your token does not allow this.', 'Use a token with a role that does.'],
  'no-such-path': [404, 'There is nothing here.', 'See /v1/openapi.json for what there is.'],
  'no-such-webhook': [
    404,
    'No strategy declares a webhook of this name.',
    'Declare it under detection.alerts.webhooks, and start a rollout with it once.',
  ],
  'bad-signature': [
    401,
    'The signature does not fit.',
    'Sign with the secret that the strategy refers to, after Standard Webhooks, at the time of sending; and see that a strategy with this webhook was rolled out once.',
  ],
  'no-secret': [
    503,
    'The signature cannot be checked.',
    'Give the server the secret that the strategy refers to, then send it again.',
  ],
  'no-such-token': [404, 'There is no such token.', 'List the tokens to see their names.'],
  'token-exists': [
    409,
    'There is or was a token of this name.',
    'Choose another name: the audit trail must tell them apart.',
  ],
  'no-tokens': [
    409,
    'This server was started with --no-auth.',
    'Start it without that option to use tokens.',
  ],
  'last-admin': [
    409,
    'This is the last token that can administer.',
    'Create another admin token first.',
  ],
  'too-many-tokens': [409, 'There are too many tokens.', 'Revoke those that are not used.'],
  'wrong-method': [405, 'This path does not answer that method.', 'See /v1/openapi.json.'],
  'body-too-large': [413, 'The body is too large.', 'Send less.'],
  'not-json': [415, 'The body is not JSON.', 'Send "Content-Type: application/json".'],
  'wrong-host': [
    421,
    'This server does not go by that name.',
    'On loopback it is reached as localhost, 127.0.0.1 or [::1].',
  ],
  'bad-strategy': [422, 'The strategy is not valid.', 'Correct every place that is listed.'],
  'key-reused': [
    422,
    'This idempotency key came with another request before.',
    'Use a new key for a new request.',
  ],
  'too-many-requests': [429, 'Too many requests.', 'Wait as long as Retry-After says.'],
  'too-many-attempts': [
    429,
    'Too many attempts without a valid token.',
    'Wait as long as Retry-After says, then use a valid token.',
  ],
  'too-many-streams': [
    503,
    'Too many live streams are open.',
    'Close one, or read the rollout without watching it.',
  ],
  defect: [
    500,
    'The request could not be completed.',
    'Something failed in goaround or in its store. Look at the rollout before you repeat it, and report the request id with the log.',
  ],
  'not-ready': [503, 'The server is not ready.', 'Try again in a moment.'],
} as const satisfies Readonly<Record<string, Saying>>

const SAYINGS: Readonly<Record<ProblemCode, Saying>> = { ...REFUSALS, ...EDGE }

export type ProblemCode = keyof typeof REFUSALS | keyof typeof EDGE

/** Why a request is not carried out, before it is written as a document. */
export interface Trouble {
  readonly code: ProblemCode
  /** What exactly stood in the way. */
  readonly detail?: string
  readonly problems?: readonly Finding[]
  readonly retryAfterMs?: number
}

/** The document of RFC 9457 for a trouble: what happened, then what to do. */
export function problemOf(
  trouble: Trouble,
  requestId?: string,
): Problem & { status: ContentfulStatusCode } {
  const [status, title, advice] = SAYINGS[trouble.code]
  const detail = trouble.detail === undefined ? advice : `${asSentence(trouble.detail)} ${advice}`
  return {
    type: `/problems/${trouble.code}`,
    title,
    status,
    detail,
    ...(requestId === undefined ? {} : { instance: `/requests/${requestId}` }),
    ...(trouble.problems === undefined ? {} : { problems: [...trouble.problems] }),
  }
}

/** The document that the address of a problem's `type` leads to; null when there is none. */
export function describeProblem(code: string): Problem | null {
  return isCode(code) ? problemOf({ code }) : null
}

/** Every code there is, for the documentation and its test. */
export const PROBLEM_CODES = Object.keys(SAYINGS).filter(isCode)

function isCode(code: string): code is ProblemCode {
  return Object.hasOwn(SAYINGS, code)
}

function asSentence(text: string): string {
  const started = `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`
  return /[.!?]$/.test(started) ? started : `${started}.`
}
