/**
 * The metrics that can be asked for by name alone, as they would be written out. They are what a
 * service behind a router wants in any case: failed requests, and response times of which a tenth and
 * five milliseconds are forgiven, since nobody notices less and a local service of a millisecond
 * doubles by chance.
 */
export const RECOMMENDED_METRICS = {
  errors: { name: 'errors', kind: 'error-rate' },
  latency: { name: 'latency', kind: 'latency', tolerance: 1.1, allow: '5ms' },
} as const

/** The names, as an editor offers them. */
export const RECOMMENDED_NAMES = Object.keys(RECOMMENDED_METRICS)

/** A recommended metric written out in full; anything else as it was. */
export function writtenOut(entry: unknown): unknown {
  if (entry === 'errors' || entry === 'latency') return RECOMMENDED_METRICS[entry]
  return entry
}
