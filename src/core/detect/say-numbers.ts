/** More than this many rollouts is "a billion" to anybody at 3 a.m. */
const ROLLOUTS_MAX = 1e9
const DIGITS = 2
const AMOUNT_DIGITS = 3

/** `7,790` */
export function sayCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** A gauge's value in its own unit: `1,290`, `48`, `0.42`, three digits that matter. */
export function sayAmount(value: number): string {
  if (!Number.isFinite(value)) return 'not a number'
  const size = Math.abs(value)
  if (size >= 100) return `${value < 0 ? '-' : ''}${sayCount(size)}`
  return String(Number(value.toPrecision(AMOUNT_DIGITS)))
}

/** How many times: `2.1`, `12`, `1,200`; two digits that matter below ten. */
export function sayTimes(times: number): string {
  return times < 10 ? String(Number(times.toPrecision(DIGITS))) : sayCount(times)
}

/** `34 of 412 (8.3 %)` */
export function sayShareOf(events: number, n: number): string {
  if (n === 0) return 'no requests'
  return `${sayCount(events)} of ${sayCount(n)} (${sayPercent(events / n)})`
}

/** `8.3 %`, `0.12 %`, `100 %`: two digits that matter, never in powers of ten. */
export function sayPercent(share: number): string {
  if (share === 0) return '0 %'
  const percent = share * 100
  const decimals = Math.max(0, DIGITS - 1 - Math.floor(Math.log10(percent)))
  const text = percent >= 10 ? String(Math.round(percent)) : percent.toFixed(Math.min(6, decimals))
  return `${text} %`
}

/** What an e-value means: a fair candidate reaches it at most once in so many rollouts (Ville's inequality). */
export function sayOdds(logE: number): string {
  if (logE >= Math.log(ROLLOUTS_MAX)) return 'less than once in a billion rollouts'
  // What the exponential lost of a round number is given back before rounding down.
  const rollouts = Math.max(1, Math.exp(logE) * (1 + 1e-12))
  const rounding = 10 ** Math.max(0, Math.floor(Math.log10(rollouts)) - 1)
  return `less than once in ${sayCount(Math.floor(rollouts / rounding) * rounding)} rollouts`
}
