import type { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Log } from '../engine/context.ts'

/** Structured log lines, one JSON document each, in UTC. */
export function openLog(
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent',
  stream: Writable,
): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
  return {
    info: (fields, says) => logger.info(fields, says),
    error: (fields, says) => logger.error(fields, says),
  }
}
