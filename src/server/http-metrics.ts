import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** From a lookup in memory to a proof of the whole log, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface HttpMetrics {
  readonly answered: (request: {
    readonly route: string
    readonly method: string
    readonly status: number
    readonly seconds: number
  }) => void
  readonly openStreams: Gauge
}

/** What the server measures of itself. Routes are patterns, so that the number of series stays bounded. */
export function httpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry]
  const requests = new Counter({
    name: 'goaround_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['route', 'method', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'goaround_http_request_seconds',
    help: 'Time until the answer began.',
    labelNames: ['route', 'method'],
    buckets: SECONDS,
    registers,
  })
  const openStreams = new Gauge({
    name: 'goaround_http_live_streams',
    help: 'Live streams that are open.',
    registers,
  })
  return {
    answered({ route, method, status, seconds }) {
      requests.inc({ route, method, status: String(status) })
      durations.observe({ route, method }, seconds)
    },
    openStreams,
  }
}
