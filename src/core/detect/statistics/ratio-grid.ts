/**
 * How many times worse than tolerated the candidate may be, as a grid of alternatives with equal
 * weight. It spans "a quarter worse" to "every request fails where one in 400 did"; a mixture over
 * it costs at most ln 9 = 2.2 nats against knowing the true ratio. It stands in for the Dirichlet
 * mixture of Lindon & Malek 2022, which is up to four times slower on rare events.
 */
export const RATIO_GRID: readonly number[] = [1.25, 1.6, 2.2, 3.5, 6, 12, 30, 100, 400]

/**
 * How much of the bet each ratio gets: most on what regressions usually are, from twice to twelve times as bad. Little
 * is lost at the ends, where the evidence is either weak for any test or overwhelming.
 */
export const RATIO_WEIGHTS: readonly number[] = [
  0.06, 0.12, 0.16, 0.18, 0.17, 0.14, 0.1, 0.04, 0.03,
]

/** How many times better than the worst that could be accepted the candidate may be: the mirror's alternatives. */
export const BETTER_GRID: readonly number[] = [0.9, 0.7, 0.5, 0.35, 0.2]
