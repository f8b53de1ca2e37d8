import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { MINUTE } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Reading, TelemetrySource, Watch } from '../../ports/telemetry.ts'
import { openApi, type PrometheusConfig } from './api.ts'
import { openNoErrorsYet } from './no-errors-yet.ts'
import { watchQuery } from './query-text.ts'
import { type Found, readingsOf, VectorAnswer } from './readings.ts'

/** Prometheus parses a query of this many watches in a few milliseconds; more go into further queries. */
const WATCHES_PER_QUERY = 200

/** A query that Prometheus cannot read is not sent again for this long; the strategy has to change. */
const BAD_FOR_MS = MINUTE

/**
 * Reads counters and classic histograms from a Prometheus server, or from anything that speaks its
 * query API. A query that cannot be read fails its own watch alone: asked for by itself it is
 * answered with Prometheus' words, among others it is left out, so that it blinds nobody else.
 */
export function openPrometheus(config: PrometheusConfig, secrets: Secrets): TelemetrySource {
  const api = openApi(config, secrets)
  const noErrorsYet = openNoErrorsYet(api, Date.now)
  const bad = new Map<string, { readonly problem: DriverFailure; readonly until: number }>()

  return {
    async read(watches, signal) {
      const asked = watches.filter((watch) => watchQuery(watch, 0) !== '')
      const fine = asked.filter((watch) => knownProblem(watch) === null)
      const readings: Reading[] = []
      for (let from = 0; from < fine.length; from += WATCHES_PER_QUERY) {
        const some = await readSome(fine.slice(from, from + WATCHES_PER_QUERY), signal)
        if (!some.ok) return some
        for (const found of some.value) {
          if (await isTrue(found, signal)) readings.push(found.reading)
        }
      }
      const problem = asked.length === 0 ? null : knownProblem(asked[0])
      const allBad = asked.every((watch) => knownProblem(watch) !== null)
      return allBad && problem !== null ? no(problem) : yes({ readings, unread: [] })
    },
    close: async () => undefined,
  }

  function knownProblem(watch: Watch | undefined): DriverFailure | null {
    const known = watch === undefined ? undefined : bad.get(watchQuery(watch, 0))
    return known !== undefined && known.until > Date.now() ? known.problem : null
  }

  /** Halves a batch that is not understood until the watch that spoils it stands alone. */
  async function readSome(
    watches: readonly Watch[],
    signal: AbortSignal,
  ): Promise<Result<readonly Found[], DriverFailure>> {
    const query = watches.map(watchQuery).join(' or ')
    const answer = await api('query', { query }, signal)
    if (answer.ok) return understood(answer.value, watches)
    if (answer.problem.reason !== 'misconfigured') return answer
    const [only, ...others] = watches
    if (only !== undefined && others.length === 0) {
      bad.set(watchQuery(only, 0), { problem: answer.problem, until: Date.now() + BAD_FOR_MS })
      return yes([])
    }
    const middle = Math.ceil(watches.length / 2)
    const left = await readSome(watches.slice(0, middle), signal)
    if (!left.ok) return left
    const right = await readSome(watches.slice(middle), signal)
    return right.ok ? yes([...left.value, ...right.value]) : right
  }

  function understood(
    body: unknown,
    watches: readonly Watch[],
  ): Result<readonly Found[], DriverFailure> {
    const answer = VectorAnswer.safeParse(body)
    if (answer.success) return yes(readingsOf(answer.data.data.result, watches))
    const what = `${new URL(config.url).host} answered in a shape that Prometheus does not have: is it the right URL?`
    return no(failure('unclear', 'safe', what))
  }

  /** Errors that were not counted are none only if they would have been. */
  async function isTrue({ watch, errorsCounted }: Found, signal: AbortSignal): Promise<boolean> {
    if (errorsCounted) return true
    const { errors } = watch.query
    return errors !== undefined && (await noErrorsYet(errors, signal))
  }
}
