/**
 * The part of OTLP's metrics that is read, by field number, with the names of its JSON form:
 * https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0 (collector/metrics/v1,
 * metrics/v1, common/v1, resource/v1). Fields that are not listed are skipped, as the format wants it.
 */
export interface Field {
  readonly name: string
  readonly type: Scalar | Message
  readonly repeated?: true
}
type Scalar =
  | 'string'
  | 'bool'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'sint32'
export type Message = ReadonlyMap<number, Field>

function message(
  fields: Readonly<Record<number, readonly [string, Field['type'], 'repeated'?]>>,
): Message {
  return new Map(
    Object.entries(fields).map(([number, [name, type, repeated]]) => [
      Number(number),
      { name, type, ...(repeated === undefined ? {} : { repeated: true }) },
    ]),
  )
}

const AnyValue = message({
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
})
const KeyValue = message({ 1: ['key', 'string'], 2: ['value', AnyValue] })
const Resource = message({ 1: ['attributes', KeyValue, 'repeated'] })
const Scope = message({ 1: ['name', 'string'] })

const NumberDataPoint = message({
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['asDouble', 'double'],
  6: ['asInt', 'sfixed64'],
  7: ['attributes', KeyValue, 'repeated'],
  8: ['flags', 'uint32'],
})
const HistogramDataPoint = message({
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  6: ['bucketCounts', 'fixed64', 'repeated'],
  7: ['explicitBounds', 'double', 'repeated'],
  9: ['attributes', KeyValue, 'repeated'],
  10: ['flags', 'uint32'],
})
const ExponentialBuckets = message({
  1: ['offset', 'sint32'],
  2: ['bucketCounts', 'uint64', 'repeated'],
})
const ExponentialDataPoint = message({
  1: ['attributes', KeyValue, 'repeated'],
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  6: ['scale', 'sint32'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', ExponentialBuckets],
  9: ['negative', ExponentialBuckets],
  10: ['flags', 'uint32'],
})
const Gauge = message({ 1: ['dataPoints', NumberDataPoint, 'repeated'] })
const Sum = message({
  1: ['dataPoints', NumberDataPoint, 'repeated'],
  2: ['aggregationTemporality', 'int32'],
  3: ['isMonotonic', 'bool'],
})
const Histogram = message({
  1: ['dataPoints', HistogramDataPoint, 'repeated'],
  2: ['aggregationTemporality', 'int32'],
})
const ExponentialHistogram = message({
  1: ['dataPoints', ExponentialDataPoint, 'repeated'],
  2: ['aggregationTemporality', 'int32'],
})
const Metric = message({
  1: ['name', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', Gauge],
  7: ['sum', Sum],
  9: ['histogram', Histogram],
  10: ['exponentialHistogram', ExponentialHistogram],
})
const ScopeMetrics = message({ 1: ['scope', Scope], 2: ['metrics', Metric, 'repeated'] })
const ResourceMetrics = message({
  1: ['resource', Resource],
  2: ['scopeMetrics', ScopeMetrics, 'repeated'],
})

/** What an exporter posts to `/v1/metrics`. */
export const ExportMetricsRequest = message({ 1: ['resourceMetrics', ResourceMetrics, 'repeated'] })
