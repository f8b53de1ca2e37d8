import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** The content type by which Prometheus recognises protobuf, the only form that has native histograms. */
export const PROTOBUF_EXPOSITION =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

const HISTOGRAM = 4
const ZERO_THRESHOLD = 1e-9

/** One native histogram: requests by the exponent of their bucket, which ends at 2^(exponent·2^-schema). */
export interface NativeSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly schema: number
  readonly buckets: ReadonlyMap<number, number>
}

/**
 * One metric family of native histograms, as io/prometheus/client/metrics.proto of
 * https://github.com/prometheus/client_model has it. The usual client for Node cannot write them.
 */
export function nativeExposition(name: string, series: readonly NativeSeries[]): Uint8Array {
  const family = new BinaryWriter()
  family.tag(1, WireType.LengthDelimited).string(name)
  family.tag(3, WireType.Varint).int32(HISTOGRAM)
  for (const one of series) family.tag(4, WireType.LengthDelimited).bytes(metric(one))
  return new BinaryWriter().bytes(family.finish()).finish()
}

function metric({ labels, schema, buckets }: NativeSeries): Uint8Array {
  const written = new BinaryWriter()
  for (const [name, value] of Object.entries(labels)) {
    const pair = new BinaryWriter()
    pair.tag(1, WireType.LengthDelimited).string(name)
    pair.tag(2, WireType.LengthDelimited).string(value)
    written.tag(1, WireType.LengthDelimited).bytes(pair.finish())
  }
  const filled = [...buckets].toSorted(([a], [b]) => a - b)
  const histogram = new BinaryWriter()
  const count = filled.reduce((sum, [, n]) => sum + n, 0)
  histogram.tag(1, WireType.Varint).uint64(count)
  histogram.tag(2, WireType.Bit64).double(count)
  histogram.tag(5, WireType.Varint).sint32(schema)
  histogram.tag(6, WireType.Bit64).double(ZERO_THRESHOLD)
  let next = 0
  let before = 0
  for (const [exponent] of filled) {
    const span = new BinaryWriter()
    span.tag(1, WireType.Varint).sint32(exponent - next)
    span.tag(2, WireType.Varint).uint32(1)
    histogram.tag(12, WireType.LengthDelimited).bytes(span.finish())
    next = exponent + 1
  }
  for (const [, n] of filled) {
    histogram.tag(13, WireType.Varint).sint64(n - before)
    before = n
  }
  return written.tag(7, WireType.LengthDelimited).bytes(histogram.finish()).finish()
}
