/**
 * e-BH: which of several hypotheses may be called discoveries while at most a share `q` of the
 * calls is expected to be wrong, under any dependence between them. Takes ln e-values, answers the indices,
 * strongest first. Source: Wang & Ramdas, JRSS-B 2022: reject the k largest with E₍ₖ₎ ≥ K/(k·q).
 */
export function eBH(logE: readonly number[], q: number): readonly number[] {
  const ranked = [...logE.entries()].toSorted(([i, a], [j, b]) => b - a || i - j)
  const count = ranked.findLastIndex(
    ([, value], i) => value >= Math.log(ranked.length / ((i + 1) * q)),
  )
  return ranked.slice(0, count + 1).map(([index]) => index)
}
