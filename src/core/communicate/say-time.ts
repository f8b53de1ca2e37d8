import {
  DAY,
  HOUR,
  type Instant,
  isoInstant,
  MINUTE,
  type Millis,
  SECOND,
} from '../kernel/instant.ts'

/** Closer than this, minutes are too coarse to be a promise. */
const SECONDS_MATTER_MS = 2 * MINUTE

/** `14:20 UTC (in 15 minutes)`; with the day when it is another one. People in several zones read it. */
export function sayWhen(at: Instant, now: Instant): string {
  const [day = '', clock = ''] = isoInstant(at).split('T')
  const isNear = Math.abs(at - now) < SECONDS_MATTER_MS
  const time = `${clock.slice(0, isNear ? 8 : 5)} UTC`
  const dated = Math.floor(at / DAY) === Math.floor(now / DAY) ? time : `${day} ${time}`
  return at > now ? `${dated} (in ${sayLength(at - now)})` : `${dated} (${sayLength(now - at)} ago)`
}

/** `2026-11-23 14:05 UTC` */
export function sayMinute(at: Instant): string {
  const [day = '', clock = ''] = isoInstant(at).split('T')
  return `${day} ${clock.slice(0, 5)} UTC`
}

/** `30 seconds`, `15 minutes`, `2 hours`, `3 days`: one unit, as people say it. */
export function sayLength(length: Millis): string {
  if (length < SECONDS_MATTER_MS) return counted(length / SECOND, 'second')
  if (length < 2 * HOUR && length % HOUR !== 0) return counted(length / MINUTE, 'minute')
  if (length < 2 * DAY) return counted(length / HOUR, 'hour')
  return counted(length / DAY, 'day')
}

function counted(amount: number, unit: string): string {
  const whole = Math.round(amount)
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}
