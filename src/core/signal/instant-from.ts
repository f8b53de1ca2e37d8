import { HOUR, type Instant, MINUTE, SECOND, startOfDay } from '../kernel/instant.ts'

/** Later than any instant in seconds that is meant, and earlier than any in milliseconds: the year 5138, and 1973. */
const SECONDS_MAX = 1e11

const RFC3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,12}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Reads an instant as other systems write it: RFC 3339 with any number of digits behind the second,
 * or a number of seconds or milliseconds since 1970. Null when it is neither.
 */
export function instantFrom(written: unknown): Instant | null {
  if (typeof written === 'bigint') return instantFrom(Number(written))
  if (typeof written === 'number') {
    if (!Number.isFinite(written) || written <= 0) return null
    return Math.round(written < SECONDS_MAX ? written * SECOND : written)
  }
  if (typeof written !== 'string') return null
  const found = RFC3339.exec(written.trim())
  if (found === null) return null
  const [, day = '', hours, minutes, seconds, fraction = '', zone = 'Z'] = found
  const clock = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND
  const millis = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return startOfDay(day) + clock + millis - offsetOf(zone)
}

function offsetOf(zone: string): number {
  if (zone.length === 1) return 0
  const [hours, minutes] = zone.slice(1).split(':').map(Number)
  const size = (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE
  return zone.startsWith('-') ? -size : size
}
