import { z } from 'zod'
import { SECOND } from '../../core/kernel/instant.ts'
import type { Reading, Watch } from '../../ports/telemetry.ts'
import { KEY_LABEL, TIME_MARK } from './query-text.ts'

/** Only the part of an instant vector that is relied on, https://prometheus.io/docs/prometheus/latest/querying/api/. */
export const VectorAnswer = z.object({
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
})
type Series = z.output<typeof VectorAnswer>['data']['result'][number]

/**
 * The readings in an answer. A watch of which a part is missing is left out: what is not there is
 * unknown, not zero; only errors that were never counted beside requests that were are none.
 */
export function readingsOf(
  series: readonly Series[],
  watches: readonly Watch[],
): readonly Reading[] {
  const byKey = Map.groupBy(series, ({ metric }) => metric[KEY_LABEL] ?? '')
  return watches.flatMap((watch, index) => {
    const part = (name: string) => byKey.get(`${index}/${name}`) ?? []
    const time = (name: string) => numberOf(part(name + TIME_MARK)[0])
    const reading =
      watch.kind === 'latency'
        ? latencyOf(watch, part('buckets'), time('buckets'))
        : errorsOf(watch, part, time)
    return reading === null ? [] : [reading]
  })
}

function errorsOf(
  { key }: Watch,
  part: (name: string) => readonly Series[],
  time: (name: string) => number | null,
): Reading | null {
  const requests = numberOf(part('requests')[0])
  const at = time('requests')
  if (requests === null || at === null) return null
  // A counter with a label for failures is born with the first failure.
  const errors = numberOf(part('errors')[0]) ?? 0
  return { key, at: at * SECOND, requests, errors, edgesMs: [], latency: [] }
}

function latencyOf({ key }: Watch, buckets: readonly Series[], at: number | null): Reading | null {
  if (buckets.length === 0 || at === null) return null
  const upTo = buckets
    .map((series) => ({ edge: edgeOf(series.metric['le'] ?? ''), count: numberOf(series) ?? 0 }))
    .toSorted((a, b) => a.edge - b.edge)
  const edgesMs = upTo.map(({ edge }) => edge * SECOND).filter(Number.isFinite)
  const requests = upTo.at(-1)?.count ?? 0
  const latency = upTo.map(({ count }, place) => Math.max(0, count - (upTo[place - 1]?.count ?? 0)))
  // A histogram without +Inf has nothing above its last edge that we could know of.
  if (latency.length === edgesMs.length) latency.push(0)
  return { key, at: at * SECOND, requests, errors: 0, edgesMs, latency }
}

function edgeOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
}

function numberOf(series: Series | undefined): number | null {
  const value = series === undefined ? Number.NaN : Number(series.value[1])
  return Number.isFinite(value) ? value : null
}
