import type { TelemetrySource } from '../../core/strategy/connections.ts'

/** The source as the strategy describes it. */
export type AzureMonitorConfig = Extract<TelemetrySource, { driver: 'azure-monitor' }>
