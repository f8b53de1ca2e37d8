/** A point in time: epoch milliseconds, UTC. */
export type Instant = number

/** A length of time in milliseconds. */
export type Millis = number

export const SECOND: Millis = 1_000
export const MINUTE: Millis = 60 * SECOND
export const HOUR: Millis = 60 * MINUTE
export const DAY: Millis = 24 * HOUR

const UNITS: Readonly<Record<string, Millis>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
}

/** Reads a duration as Prometheus writes it: `500ms`, `30s`, `1h30m`, `7d`. Null when it is not one. */
export function parseDuration(text: string): Millis | null {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return null
  let total = 0
  for (const [, amount = '0', unit = 'ms'] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) {
    total += Number(amount) * (UNITS[unit] ?? 0)
  }
  return total
}

/** Writes a duration for people: the two largest units that are not zero, `1h 30m`, `4.2s`, `350ms`. */
export function sayDuration(millis: Millis): string {
  if (millis < SECOND) return `${Math.round(millis)}ms`
  if (millis < MINUTE) return `${trim(millis / SECOND)}s`
  const parts: string[] = []
  let rest = Math.round(millis / SECOND) * SECOND
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1
    const amount = Math.floor(rest / size)
    rest -= amount * size
    if (amount > 0 && parts.length < 2) parts.push(`${amount}${unit}`)
  }
  return parts.join(' ')
}

function trim(seconds: number): string {
  return seconds < 10 ? String(Math.round(seconds * 10) / 10) : String(Math.round(seconds))
}

/** Midnight UTC at the start of a calendar day written `2026-11-23`. */
export function startOfDay(isoDate: string): Instant {
  const [year = 1970, month = 1, day = 1] = isoDate.split('-').map(Number)
  // Days from civil, counted in 400-year eras from 1 March 0000 (H. Hinnant, "chrono-compatible
  // low-level date algorithms"): the core has no calendar of its own to ask.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * DAY
}

/** An instant as ISO 8601 in UTC, to the millisecond. */
export function isoInstant(at: Instant): string {
  const day = Math.floor(at / DAY)
  // Civil from days: the inverse of `startOfDay`, from the same source.
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const rest = at - day * DAY
  const clock = `${two(rest / HOUR)}:${two((rest % HOUR) / MINUTE)}:${two((rest % MINUTE) / SECOND)}`
  const millis = String(rest % SECOND).padStart(3, '0')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(dayOfMonth)}T${clock}.${millis}Z`
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0')
}
