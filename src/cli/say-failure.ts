import type { Finding, Problem } from '../contract/problem.ts'
import { EXIT, type Exit } from './exit-codes.ts'
import type { Failure } from './outcome.ts'

/** A problem document as a failure: its sentences, and every place that it names. */
export function failureOf(problem: Problem): Failure {
  const places = (problem.problems ?? []).map((one) => `\n  ${sayFinding(one)}`)
  const hint = HINTS[problem.type.replace('/problems/', '')]
  const says = `${problem.title} ${problem.detail}${places.join('')}${hint === undefined ? '' : `\n  ${hint}`}`
  return { exit: exitFor(problem.status), says, problem }
}

/** Why a server did not answer at all, and what starts one. */
export function unreachable(server: string, error: unknown): Failure {
  const says = `cannot reach ${server} (${reasonOf(error)}): start a server with 'goaround up', or name another one with --server or GOAROUND_SERVER`
  return { exit: EXIT.unreachable, says }
}

/** One place that is wrong, in the form that editors jump to. */
export function sayFinding({ path, message, file, line, column, fix, excerpt }: Finding): string {
  const place = file === undefined ? path : `${file}:${line ?? 1}:${column ?? 1} ${path}`
  const advice = fix === undefined ? '' : `; ${fix}`
  const shown = excerpt === undefined || excerpt === '' ? '' : `\n${excerpt}`
  return `${place}${place === '' ? '' : ': '}${message}${advice}${shown}`
}

/** What to type next, for the refusals that have a command of their own. */
const HINTS: Readonly<Record<string, string>> = {
  unauthenticated: 'give a token with --token, GOAROUND_TOKEN or ~/.config/goaround/token',
  quarantined:
    "to expose it all the same: goaround deploy … --lift-quarantine 'why it is safe now'",
  'rollout-under-way':
    "see it with 'goaround get', end it with 'goaround abort', or deploy with --hotfix-for <id>",
  'not-found': "see the ids with 'goaround list'",
}

function exitFor(status: number): Exit {
  if (status === 400 || status === 422) return EXIT.usage
  return status >= 500 ? EXIT.unreachable : EXIT.refused
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  if (cause instanceof Error) {
    const code: unknown = Object(cause).code
    return typeof code === 'string' ? code : cause.message
  }
  return error.message
}
