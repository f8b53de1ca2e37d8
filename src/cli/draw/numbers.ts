/** A count for people: `950`, `12.3k`, `4.5M`. Never wider than six characters. */
export function sayCount(count: number): string {
  if (count < 10_000) return String(Math.round(count))
  if (count < 1_000_000) return `${(count / 1_000).toFixed(count < 100_000 ? 1 : 0)}k`
  return `${(count / 1_000_000).toFixed(1)}M`
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, thing: string): string {
  return `${sayCount(count)} ${count === 1 ? thing : `${thing}s`}`
}

/** The time of day in UTC, as the log and the incident channel have it: `13:05:09`. */
export function sayTimeOfDay(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

/** Cuts a sentence that would not fit on its line. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** The day in UTC: `2026-11-23`. */
export function sayDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
