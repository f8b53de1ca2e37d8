import { z } from 'zod'

const WHOLE = /^-?\d{1,20}$/

/**
 * Whole numbers of 64 bits: text in JSON, bigint from protobuf. Beyond 2^53 they are rounded, which
 * no count reaches. What is none becomes NaN, and is rejected with its point alone; an exact
 * schema of each count took most of the time of an export.
 */
function wholeOf(value: unknown): number {
  if (typeof value === 'number') return value
  const isWhole = typeof value === 'bigint' || (typeof value === 'string' && WHOLE.test(value))
  return isWhole ? Number(value) : Number.NaN
}

const Whole = z.unknown().transform(wholeOf)
const NANOS_PER_MS = 1_000_000n
/** An instant in ns since 1970 becomes one in ms; 0 means that it is not known. */
const Nanos = z
  .union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative(), z.bigint()])
  .transform((nanos) => Number(BigInt(nanos) / NANOS_PER_MS))
  .transform((millis) => (millis === 0 ? null : millis))
  .optional()
  .transform((millis) => millis ?? null)

/** JSON has no words for these, and OTLP writes them as text. */
const Double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number)

/** Enumerations are numbers; some exporters write their names. */
const Temporality = z
  .union([z.number(), z.string()])
  .optional()
  .transform((value) => {
    if (value === 1 || value === 'AGGREGATION_TEMPORALITY_DELTA') return 'delta'
    if (value === 2 || value === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 'cumulative'
    return null
  })

const AnyValue = z
  .object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: Whole.optional(),
    doubleValue: Double.optional(),
  })
  .transform(({ stringValue, boolValue, intValue, doubleValue }) => {
    return stringValue ?? boolValue ?? intValue ?? doubleValue ?? null
  })

/** Attributes by name. Lists and maps are left out: nothing is selected by them. */
const AttributeList = z
  .array(z.object({ key: z.string(), value: AnyValue.optional() }))
  .default([])
  .transform((list) => {
    const found: Record<string, string | number | boolean> = {}
    for (const { key, value } of list) if (value != null) found[key] = value
    return found
  })

const point = {
  startTimeUnixNano: Nanos,
  timeUnixNano: Nanos,
  attributes: AttributeList,
  flags: z.number().default(0),
}
const NumberPoints = z
  .array(z.object({ ...point, asInt: Whole.optional(), asDouble: Double.optional() }))
  .default([])
const Wholes = z
  .array(z.unknown())
  .default([])
  .transform((list) => list.map(wholeOf))
const HistogramPoints = z
  .array(
    z.object({
      ...point,
      count: Whole,
      bucketCounts: Wholes,
      explicitBounds: z.array(Double).default([]),
    }),
  )
  .default([])
const Filled = z.object({ offset: z.number().default(0), bucketCounts: Wholes }).optional()
const ExponentialPoints = z
  .array(
    z.object({
      ...point,
      count: Whole,
      scale: z.number().default(0),
      zeroCount: Whole.default(0),
      positive: Filled,
      negative: Filled,
    }),
  )
  .default([])

/** One metric with its points. */
export const ExportedMetric = z.object({
  name: z.string().default(''),
  unit: z.string().default(''),
  gauge: z.object({ dataPoints: NumberPoints }).optional(),
  sum: z
    .object({
      dataPoints: NumberPoints,
      aggregationTemporality: Temporality,
      isMonotonic: z.boolean().default(false),
    })
    .optional(),
  histogram: z
    .object({ dataPoints: HistogramPoints, aggregationTemporality: Temporality })
    .optional(),
  exponentialHistogram: z
    .object({ dataPoints: ExponentialPoints, aggregationTemporality: Temporality })
    .optional(),
})
export type ExportedMetric = z.output<typeof ExportedMetric>

/**
 * What an exporter sends, in the JSON form of OTLP; the protobuf form is read into the same shape.
 * Metrics are only named here: most of them nobody wants, and those are not read any further.
 */
export const ExportRequest = z.object({
  resourceMetrics: z
    .array(
      z.object({
        resource: z.object({ attributes: AttributeList }).optional(),
        scopeMetrics: z
          .array(
            z.object({
              scope: z.object({ name: z.string().default('') }).optional(),
              metrics: z.array(z.looseObject({ name: z.string().default('') })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
})
export type ExportRequest = z.output<typeof ExportRequest>
