/**
 * Log likelihood ratios of one metric over its strata (region, endpoint class): independent given
 * the past, so their ratios multiply within the slice. Comparing like with like is also what
 * removes a shift in the mix (Simpson's paradox). Never for different metrics of the same
 * requests, which are not independent.
 */
export function overStrata<Stratum>(
  strata: readonly Stratum[],
  factors: (stratum: Stratum) => readonly number[],
): readonly number[] {
  return strata.map(factors).reduce((sum, logL) => sum.map((value, j) => value + (logL[j] ?? 0)))
}
