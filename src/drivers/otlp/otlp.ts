import { randomUUID } from 'node:crypto'
import { HOUR, type Instant } from '../../core/kernel/instant.ts'
import { yes } from '../../core/kernel/result.ts'
import type { TelemetrySource as SourceConfig } from '../../core/strategy/connections.ts'
import type { Reading, TelemetrySource, Unread, Watch } from '../../ports/telemetry.ts'
import { armOf, armOfSeries } from './arm.ts'
import type { ExportRequest } from './export-request.ts'
import type { OtlpListeners } from './listeners.ts'
import { pointsOf, type Rejected } from './point.ts'
import { readWatch } from './read-watch.ts'
import type { Series } from './series.ts'
import { SeriesStore } from './series-store.ts'
import { selectorsOfWatch } from './watch-selectors.ts'

export type OtlpConfig = Extract<SourceConfig, { driver: 'otlp' }>

/** As long as the store keeps a silent series. */
const FORGET_MS = HOUR

/** A source that is listening, and where. */
export interface OtlpSource extends TelemetrySource {
  /** Begins to listen without waiting for the first watch. Answers where. */
  readonly listen: () => ReturnType<OtlpListeners['attend']>
}

/**
 * Metrics that are pushed here by OpenTelemetry exporters. Only what some watch wants is kept, and it is
 * counted from the first time it was wanted. A new process has heard nothing yet, which is why
 * readings say who keeps their counters.
 */
export function openOtlp(config: OtlpConfig, listeners: OtlpListeners): OtlpSource {
  const keeper = randomUUID()
  const store = new SeriesStore()
  const arms = new Map<string, Series[]>()

  function take(request: ExportRequest): readonly Rejected[] {
    const { points, rejected } = pointsOf(request, (metric) => store.isWanted(metric))
    const mine = points.filter(({ attributes }) => armOfSeries(config.select, attributes) !== null)
    const left = store.take(mine, Date.now(), (series) => {
      const arm = armKey(series.metric, armOfSeries(config.select, series.attributes) ?? '')
      arms.set(arm, [...(arms.get(arm) ?? []), series])
    })
    return [...rejected, ...left.map(({ metric }) => ({ metric, because: NO_PLACE }))]
  }

  function seriesOf(metric: string, arm: string, now: Instant): readonly Series[] {
    const key = armKey(metric, arm)
    const known = arms.get(key) ?? []
    const alive = known.filter(({ heardAt }) => now - heardAt <= FORGET_MS)
    if (alive.length === 0) arms.delete(key)
    else if (alive.length < known.length) arms.set(key, alive)
    return alive
  }

  function read(watch: Watch, now: Instant): Reading | Unread | null {
    const arm = armOf(config.select, watch.labels)
    return readWatch(watch, {
      source: config.name,
      now,
      keeper,
      seriesOf: (metric) => seriesOf(metric, arm, now),
      all: (metric) => store.seriesOf(metric),
      isOverfull: (metric) => store.isOverfull(metric, now),
    })
  }

  const listen = () => listeners.attend(config.listen, config.bearer, take)
  return {
    listen,
    async read(watches) {
      const now = Date.now()
      for (const watch of watches) {
        for (const { metric } of selectorsOfWatch(watch)) store.want(metric, now)
      }
      const attending = await listen()
      if (!attending.ok) return attending
      const found = watches.flatMap((watch) => read(watch, now) ?? [])
      return yes({
        readings: found.filter((one) => 'at' in one),
        unread: found.filter((one) => 'because' in one),
      })
    },
    close: () => listeners.leave(config.listen, take),
  }
}

const NO_PLACE =
  'too many series: select fewer attributes; its sums are not used until there is room'

function armKey(metric: string, arm: string): string {
  return `${metric}\n${arm}`
}
