/** Bisections to a part in a billion, far finer than any rate that is shown. */
const BISECTIONS = 60

/**
 * The upper bound on a rate of which `events` of `trials` were seen, exact at the given one-sided
 * confidence (Clopper and Pearson 1934): the rate at which so few would be seen only in one of
 * 1/(1 − confidence) cases.
 */
export function rateUpperBound(events: number, trials: number, confidence = 0.95): number {
  if (trials === 0 || events >= trials) return 1
  return bisect((rate) => logAtMost(events, trials, rate) > Math.log(1 - confidence))
}

/** The lower bound, by the same rule. */
export function rateLowerBound(events: number, trials: number, confidence = 0.95): number {
  return 1 - rateUpperBound(trials - events, trials, confidence)
}

/** The largest rate for which `holds`, which holds up to some rate and not beyond. */
function bisect(holds: (rate: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return high
}

/** ln P(X ≤ events) of a binomial number, summed from its largest term downwards. */
function logAtMost(events: number, trials: number, rate: number): number {
  if (rate <= 0) return 0
  if (rate >= 1) return Number.NEGATIVE_INFINITY
  const odds = Math.log(rate) - Math.log1p(-rate)
  let logTerm = trials * Math.log1p(-rate)
  const terms = [logTerm]
  for (let x = 1; x <= events; x += 1) {
    logTerm += Math.log((trials - x + 1) / x) + odds
    terms.push(logTerm)
  }
  const top = Math.max(...terms)
  return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0))
}
