import { yes } from '../../core/kernel/result.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Reading, TelemetrySource, Unread } from '../../ports/telemetry.ts'
import { openAbsence } from './absence.ts'
import { openApi, type PrometheusConfig } from './api.ts'
import { askAll } from './ask.ts'
import { broken, openBadQueries, quoted } from './bad-queries.ts'
import { openNoErrorsYet } from './no-errors-yet.ts'
import { questionsFor } from './question.ts'
import type { Found } from './readings.ts'

/**
 * Reads counters, classic and native histograms and gauges from a Prometheus server, or from anything that
 * speaks its query API. A query that cannot be read fails its own watches alone, in Prometheus'
 * words. A watch without any data says what is known about why.
 */
export function openPrometheus(config: PrometheusConfig, secrets: Secrets): TelemetrySource {
  const { name, url } = config
  const api = openApi(config, secrets)
  const noErrorsYet = openNoErrorsYet(api, Date.now)
  const absence = openAbsence(api, name, Date.now)
  const bad = openBadQueries(name, Date.now)
  const asked = { api, source: name, host: new URL(url).host, bad }

  /** Errors that were not counted are none only if they would have been. */
  async function isTrue({ watch, errorsCounted }: Found, signal: AbortSignal): Promise<boolean> {
    if (errorsCounted) return true
    const { errors } = watch.query
    return errors !== undefined && (await noErrorsYet(errors, signal))
  }

  return {
    async read(watches, signal) {
      const unread: Unread[] = watches.flatMap((watch) => bad.known(watch) ?? [])
      const spoilt = new Set(unread.map(({ key }) => key))
      const open = watches.filter(({ key }) => !spoilt.has(key))
      const answered = await askAll(questionsFor(open), asked, signal)
      if (!answered.ok) return answered
      const readings: Reading[] = []
      for (const one of answered.value) {
        if ('because' in one) unread.push(one)
        else if (await isTrue(one, signal)) readings.push(one.reading)
        else unread.push(broken(one.watch, name, uncounted(one)))
      }
      const heard = new Set([...readings, ...unread].map(({ key }) => key))
      const missing = open.filter(({ key }) => !heard.has(key))
      return yes({ readings, unread: [...unread, ...(await absence(missing, signal))] })
    },
    close: async () => undefined,
  }
}

function uncounted({ watch }: Found): string {
  const what = quoted(watch, 'errors')
  const why = 'no series has ever had the metric and labels of'
  return what === ''
    ? 'no query for its failures'
    : `nobody knows whether a failure would be counted: ${why} ${what}`
}
