import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Unread, Watch } from '../../ports/telemetry.ts'
import { type GroupedQuery, groupedQuery } from './grouped-query.ts'
import { KEY_LABEL, TIME_MARK, watchQuery } from './query-text.ts'
import { type Found, newestOf, readingOf } from './readings.ts'
import { type VectorSeries, vectorOf } from './vector.ts'

/**
 * Arms that one query asks for by their labels. A thousand arms of a histogram with a dozen buckets are 3 MB of
 * answer, which is read in about 50 ms; more would hold up everything else that goaround does.
 */
const ARMS_PER_QUERY = 1_000
/** Watches that are asked for one by one: Prometheus parses a query of this many in a few milliseconds. */
const WATCHES_PER_QUERY = 200

/** One query, and how the readings of its watches are found in the answer. */
export interface Question {
  readonly watches: readonly Watch[]
  readonly text: string
  readonly answers: (series: readonly VectorSeries[]) => readonly (Found | Unread)[]
  /** The same in two halves; null when it cannot be divided. */
  readonly halves: () => readonly [Question, Question] | null
  /** Whether all its watches are written alike, so that one that cannot be read means that none can. */
  readonly isOne: boolean
}

/**
 * The queries for any number of watches: one for each metric that is written alike, whichever
 * rollouts watch it, and one for the rest; divided only where they grow beyond the limits above.
 */
export function questionsFor(watches: readonly Watch[]): readonly Question[] {
  const alike = Map.groupBy(watches, ({ kind, query }) => JSON.stringify([kind, query]))
  const single: Watch[] = []
  const questions: Question[] = []
  for (const group of alike.values()) {
    const [first] = group
    const query = first === undefined ? null : groupedQuery(first)
    if (query === null) single.push(...group)
    else
      questions.push(...chunks(group, ARMS_PER_QUERY).map((some) => groupedQuestion(query, some)))
  }
  return [...questions, ...chunks(single, WATCHES_PER_QUERY).map(singleQuestion)]
}

/** What an answer says, or why it is none. */
export function understood(
  question: Question,
  body: unknown,
  host: string,
): Result<readonly (Found | Unread)[], DriverFailure> {
  const vector = vectorOf(body)
  if (vector === null) {
    const what = `${host} answered in a shape that Prometheus does not have: is it the right URL?`
    return no(failure('unclear', 'safe', what))
  }
  if (vector.warnings.length === 0) return yes(question.answers(vector.series))
  // A sum over a part of the instances looks like a calm, or like a restart.
  const what = `${host} answered in part only: ${vector.warnings.join('; ')}`
  return no(failure('unclear', 'safe', what))
}

function groupedQuestion(query: GroupedQuery, watches: readonly Watch[]): Question {
  return {
    watches,
    text: query.text(watches),
    answers(series) {
      const known = Map.groupBy(series, ({ metric }) => query.identityOfSeries(metric))
      return watches.flatMap((watch) => {
        const of = (part: string) => known.get(query.identityOf(part, watch.labels)) ?? []
        const at = newestOf(of(`${timedPart(watch)}${TIME_MARK}`))
        return readingOf(watch, { at, of }) ?? []
      })
    },
    halves: () => halved(watches, (half) => groupedQuestion(query, half)),
    isOne: true,
  }
}

function singleQuestion(watches: readonly Watch[]): Question {
  return {
    watches,
    text: watches.map(watchQuery).join(' or '),
    answers(series) {
      const known = Map.groupBy(series, ({ metric }) => metric[KEY_LABEL] ?? '')
      const times = Map.groupBy(series, ({ metric }) => {
        const [key = '', nth] = (metric[KEY_LABEL] ?? '').split(TIME_MARK)
        return nth === undefined ? null : key
      })
      return watches.flatMap((watch, index) => {
        const of = (part: string) => known.get(`${index}/${part}`) ?? []
        const at = newestOf(times.get(`${index}/${timedPart(watch)}`) ?? [])
        return readingOf(watch, { at, of }) ?? []
      })
    },
    halves: () => halved(watches, singleQuestion),
    isOne: watches.length === 1,
  }
}

/** The part whose newest sample is the reading's time. */
function timedPart({ kind }: Watch): 'requests' | 'buckets' | 'value' {
  if (kind === 'error-rate') return 'requests'
  return kind === 'latency' ? 'buckets' : 'value'
}

function halved(
  watches: readonly Watch[],
  ask: (half: readonly Watch[]) => Question,
): readonly [Question, Question] | null {
  if (watches.length < 2) return null
  const middle = Math.ceil(watches.length / 2)
  return [ask(watches.slice(0, middle)), ask(watches.slice(middle))]
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  )
}
