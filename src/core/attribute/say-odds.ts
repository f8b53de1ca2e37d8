/** Beyond this the number says no more than that it is large. */
const ODDS_MAX = 1e9

/** Natural-log evidence as odds that a person can read: `1 in 22,000`. */
export function sayOdds(logE: number): string {
  return `1 in ${sayTimes(logE)}`
}

/** A natural-log ratio as a number of times: two digits are enough to act on. */
export function sayTimes(log: number): string {
  const times = Math.exp(Math.max(0, log))
  if (times >= ODDS_MAX) return 'more than a billion'
  const digits = Math.max(0, Math.floor(Math.log10(times)) - 1)
  const rounded = Math.round(times / 10 ** digits) * 10 ** digits
  const text = times < 10 ? String(Math.round(times * 10) / 10) : String(rounded)
  return text.replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
