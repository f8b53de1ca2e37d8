import type { DriverFailure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Unread } from '../../ports/telemetry.ts'
import type { Api } from './api.ts'
import { type BadQueries, broken } from './bad-queries.ts'
import { type Question, understood } from './question.ts'
import type { Found } from './readings.ts'

/** Prometheus answers twenty queries at once by default; others want some of them. */
const QUERIES_AT_ONCE = 4

export type Outcome = Found | Unread

export interface Asked {
  readonly api: Api
  readonly source: string
  readonly host: string
  readonly bad: BadQueries
}

/** Asks every question, a few at a time. It is a failure of the source itself only when nothing at all could be read. */
export async function askAll(
  questions: readonly Question[],
  asked: Asked,
  signal: AbortSignal,
): Promise<Result<readonly Outcome[], DriverFailure>> {
  const left = [...questions]
  const outcomes: Outcome[] = []
  const failed: { readonly question: Question; readonly problem: DriverFailure }[] = []
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const answer = await ask(next, asked, signal)
      if (answer.ok) outcomes.push(...answer.value)
      else failed.push({ question: next, problem: answer.problem })
    }
  }
  await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, work))
  const [first] = failed
  if (first !== undefined && failed.length === questions.length) return no(first.problem)
  const silent = failed.flatMap(({ question, problem }) =>
    question.watches.map((watch) => broken(watch, asked.source, problem.detail)),
  )
  return yes([...outcomes, ...silent])
}

/** Halves a question that is not understood, or whose answer is too long, until what spoils it stands alone. */
async function ask(
  question: Question,
  asked: Asked,
  signal: AbortSignal,
): Promise<Result<readonly Outcome[], DriverFailure>> {
  const answer = await asked.api('query', { query: question.text }, signal)
  if (answer.ok) return understood(question, answer.value, asked.host)
  const { reason, detail } = answer.problem
  const isTooLong = reason === 'refused'
  if (reason !== 'misconfigured' && !isTooLong) return answer
  const halves = question.isOne && !isTooLong ? null : question.halves()
  if (halves === null)
    return yes(question.watches.map((watch) => asked.bad.remember(watch, detail)))
  const left = await ask(halves[0], asked, signal)
  if (!left.ok) return left
  const right = await ask(halves[1], asked, signal)
  return right.ok ? yes([...left.value, ...right.value]) : right
}
