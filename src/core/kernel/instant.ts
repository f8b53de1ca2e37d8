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
