import { type Instant, MINUTE } from '../kernel/instant.ts'
import type { Group } from '../strategy/schema.ts'

/** Looking a fortnight ahead finds any weekly window, whatever the clock changes. */
const AHEAD_MAX_MS = 14 * 24 * 60 * MINUTE
/** Every zone's clock changes on a quarter of an hour, so within one the local time only counts up. */
const QUARTER_MS = 15 * MINUTE

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const DAY_MINUTES = 24 * 60
const WEEK_MINUTES = 7 * DAY_MINUTES

type Window = Group['windows'][number]

/**
 * The first instant from `now` on at which a group may be opened: `now` itself when it has no
 * windows or stands in one; null when no window comes within a fortnight. A window that ends
 * before it begins (`22:00` to `02:00`) ends on the next day, and one that ends when it begins
 * lasts a whole day.
 */
export function openableAt(group: Group, now: Instant): Instant | null {
  if (group.windows.length === 0 || inWindow(group.windows, now)) return now
  const minute = Math.ceil(now / MINUTE) * MINUTE
  for (let from = minute; from <= now + AHEAD_MAX_MS; from = nextQuarter(from)) {
    const found = firstWithin(group.windows, from, nextQuarter(from))
    if (found !== null) return found
  }
  return null
}

function inWindow(windows: readonly Window[], at: Instant): boolean {
  return windows.some((window) => covers(window, weekMinute(at, window.zone)))
}

/** The first minute from `from` to before `to`, both within one quarter of an hour, that a window covers. */
function firstWithin(windows: readonly Window[], from: Instant, to: Instant): Instant | null {
  const clocks = windows.map((window) => ({ window, clock: weekMinute(from, window.zone) }))
  for (let at = from; at < to; at += MINUTE) {
    const passed = (at - from) / MINUTE
    const isOpen = clocks.some(
      ({ window, clock }) => clock !== null && covers(window, clock + passed),
    )
    if (isOpen) return at
  }
  return null
}

function nextQuarter(at: Instant): Instant {
  return (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS
}

function covers({ days, from, to }: Window, clock: number | null): boolean {
  if (clock === null) return false
  const length = minutesOf(to) - minutesOf(from)
  const lasts = length > 0 ? length : length + DAY_MINUTES
  return days.some((day) => {
    const begins = DAYS.indexOf(day) * DAY_MINUTES + minutesOf(from)
    return (clock - begins + WEEK_MINUTES) % WEEK_MINUTES < lasts
  })
}

/** `14:05` → minutes since midnight. */
function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
}

/**
 * Minutes since Monday 00:00 where the team lives, whole minutes only. Null when nobody knows the
 * zone: a window that cannot be placed is never open.
 */
function weekMinute(at: Instant, zone: string): number | null {
  const format = formatFor(zone)
  if (format === null) return null
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const day = DAYS.findIndex((name) => name === part['weekday']?.toLowerCase())
  return day * DAY_MINUTES + minutesOf(`${part['hour'] ?? ''}:${part['minute'] ?? ''}`)
}

function formatFor(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch {
    return null
  }
}
