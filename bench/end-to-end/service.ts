import { createServer } from 'node:http'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Counter, Registry } from 'prom-client'

/** A web service that is measured in both usual ways: scraped at `/metrics`, and pushing deltas over OTLP. */
const [port = '0', release = 'v0', stack = ''] = process.argv.slice(2)
const url = process.env['OTLP_URL'] ?? ''
/** The share of requests that releases called `bad-…` fail. */
const ERRORS = Number(process.env['ERRORS'] ?? 0)
const PUSH_EVERY_MS = 1_000

const registry = new Registry()
const labelNames = ['code'] as const
const scraped = new Counter({
  name: 'requests_total',
  help: 'h',
  labelNames,
  registers: [registry],
})
// Born with zero, so that the first failure is a difference.
for (const code of ['200', '500']) scraped.inc({ code }, 0)

const exporter = new OTLPMetricExporter({
  url,
  // The exporter has an enumeration of its own with the same numbers.
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
  temporalityPreference: AggregationTemporality.DELTA,
})
const pushed = new MeterProvider({
  resource: resourceFromAttributes({ 'goaround.stack': stack, 'service.version': release }),
  readers: [
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: PUSH_EVERY_MS,
      exportTimeoutMillis: PUSH_EVERY_MS,
    }),
  ],
})
  .getMeter('shop')
  .createCounter('http.server.requests')

createServer((request, response) => {
  if (request.url === '/healthz') response.end('ok')
  else if (request.url === '/metrics') void registry.metrics().then((text) => response.end(text))
  else {
    const status = release.startsWith('bad-') && Math.random() < ERRORS ? 500 : 200
    scraped.inc({ code: String(status) })
    pushed.add(1, { 'http.response.status_code': status })
    response.writeHead(status).end(release)
  }
}).listen(Number(port), '127.0.0.1')
