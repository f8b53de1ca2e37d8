/** A word this much unlike the other, as a part of its length, is another word and not a slip. */
const UNLIKE_MAX = 0.4

/** The known word that somebody most probably meant, or null when none is close. */
export function nearest(word: string, known: readonly string[]): string | null {
  const plain = plainly(word)
  let best: { readonly candidate: string; readonly distance: number } | null = null
  for (const candidate of known) {
    const distance = editDistance(plain, plainly(candidate))
    const allowed = Math.floor(Math.max(plain.length, candidate.length) * UNLIKE_MAX)
    if (distance > allowed || (best !== null && distance >= best.distance)) continue
    best = { candidate, distance }
  }
  return best?.candidate ?? null
}

/** `Min-Exposure` and `min_exposure` are slips of spelling only. */
function plainly(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const row: number[] = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      const replaced = at(last, j - 1) + (same ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1, swap))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
