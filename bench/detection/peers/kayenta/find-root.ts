/**
 * A root of a function between two places where its signs differ, by Brent's method as in the
 * `zeroin` of Forsythe, Malcolm and Moler (1977): inverse quadratic or linear interpolation where
 * that is safe, else bisection. The steps decide which root of a staircase is found, so that
 * the order of the cases matters and not only their precision.
 */
export function findRoot(
  low: number,
  high: number,
  of: (x: number) => number,
  tolerance: number,
  stepsMax: number,
): number {
  let [a, b, c] = [low, high, low]
  let [fa, fb] = [of(a), of(b)]
  let fc = fa
  if (fa === 0) return a
  for (let step = 0; step <= stepsMax && fb !== 0; step += 1) {
    const before = b - a
    if (Math.abs(fc) < Math.abs(fb)) {
      ;[a, b, c] = [b, c, b]
      ;[fa, fb, fc] = [fb, fc, fb]
    }
    const close = 2 * Number.EPSILON * Math.abs(b) + tolerance / 2
    const half = (c - b) / 2
    if (Math.abs(half) <= close) break
    const leap = interpolated({ a, b, c, fa, fb, fc }, before, close) ?? half
    const move = Math.abs(leap) < close ? Math.sign(leap) * close : leap
    ;[a, fa] = [b, fb]
    b += move
    fb = of(b)
    if (fb > 0 === fc > 0) [c, fc] = [a, fa]
  }
  return b
}

interface Bracket {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly fa: number
  readonly fb: number
  readonly fc: number
}

/** The interpolated step from b, or null where bisection is safer. */
function interpolated(
  { a, b, c, fa, fb, fc }: Bracket,
  before: number,
  close: number,
): number | null {
  if (Math.abs(before) < close || Math.abs(fa) <= Math.abs(fb)) return null
  const span = c - b
  const t2 = fb / fa
  const linear = { p: span * t2, q: 1 - t2 }
  const { p, q } = a === c ? linear : quadratic(fa / fc, fb / fc, t2)
  const [up, down] = p > 0 ? [p, -q] : [-p, q]
  const safe =
    up < 0.75 * span * down - Math.abs(close * down) / 2 && up < Math.abs((before * down) / 2)
  return safe ? up / down : null

  function quadratic(q0: number, t1: number, t: number) {
    return {
      p: t * (span * q0 * (q0 - t1) - (b - a) * (t1 - 1)),
      q: (q0 - 1) * (t1 - 1) * (t - 1),
    }
  }
}
