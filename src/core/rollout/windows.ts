import { type Instant, MINUTE } from '../kernel/instant.ts'
import type { Group } from '../strategy/schema.ts'

/** Looking a fortnight ahead finds any weekly window, whatever the clock changes. */
const AHEAD_MAX_MS = 14 * 24 * 60 * MINUTE
/** Windows are written to the minute; looking at every quarter of an hour is close enough to wait by. */
const LOOK_EVERY_MS = 15 * MINUTE

/**
 * The first instant from `now` on at which a group may be opened: `now` itself when it has no
 * windows or stands in one; null when no window comes within a fortnight.
 */
export function openableAt(group: Group, now: Instant): Instant | null {
  if (group.windows.length === 0 || inWindow(group, now)) return now
  const firstLook = Math.ceil(now / LOOK_EVERY_MS) * LOOK_EVERY_MS
  for (let at = firstLook; at <= now + AHEAD_MAX_MS; at += LOOK_EVERY_MS) {
    if (inWindow(group, at)) return at
  }
  return null
}

function inWindow(group: Group, at: Instant): boolean {
  return group.windows.some(({ days, from, to, zone }) => {
    const { day, clock } = localTime(at, zone)
    return days.some((allowed) => allowed === day) && from <= clock && clock < to
  })
}

/** The weekday (`mon`) and the time (`14:05`) of an instant where the team lives. */
function localTime(at: Instant, zone: string): { readonly day: string; readonly clock: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return {
    day: (part['weekday'] ?? '').toLowerCase(),
    clock: `${part['hour'] ?? ''}:${part['minute'] ?? ''}`,
  }
}
