/**
 * How many times worse than tolerated the candidate may be, as a grid of alternatives with equal
 * weight. It spans "a quarter worse" to "every request fails where one in 400 did"; a mixture over
 * it costs at most ln 9 = 2.2 nats against knowing the true ratio. Source: reference grid m_j of
 * the conditional-binomial e-process (Lindon & Malek 2022, with a grid in place of the Dirichlet).
 */
export const RATIO_GRID: readonly number[] = [1.25, 1.6, 2.2, 3.5, 6, 12, 30, 100, 400]
