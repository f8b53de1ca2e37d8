import type { Blame } from './attribution.ts'
import type { SignatureFinding, Standing } from './findings.ts'
import { sayOdds, sayTimes } from './say-odds.ts'

/** Fewer hits than this blame nobody; said where it is what is missing. */
const HITS_SAID = 3

/** Why a rollout stands as it does, in one sentence. `pooled` is the evidence of all signatures together. */
export function because(
  standing: Standing,
  strongest: SignatureFinding | null,
  pooled: number,
): string {
  switch (standing) {
    case 'blamed':
      return strongest === null ? 'it was blamed before' : sayBlame(strongest)
    case 'suspected':
      return strongest === null
        ? 'the faults cannot tell it from another yet'
        : saySuspicion(strongest)
    case 'cleared':
      return `its nodes fail no more than others: if it broke them at large, what was seen would be ${sayTimes(-pooled)} times rarer`
    case 'unknown':
      return strongest === null ? 'no fault was seen since it began' : sayTooLittle(strongest)
  }
}

/** The sentence with which a rollout is halted. */
export function sayBlameOf({ best, ...blame }: Blame): string {
  return sayBlame({ ...blame, ratio: best.ratio, when: best.kernel.says })
}

type Blamed = Pick<
  SignatureFinding,
  'signature' | 'hits' | 'logE' | 'margin' | 'rival' | 'ratio' | 'when'
>

function sayBlame(finding: Blamed): string {
  const { signature, hits, logE, margin, rival, ratio, when } = finding
  const among =
    rival === null || margin === null
      ? 'and no other rollout was under way'
      : `and it explains them ${sayTimes(margin)} times better than the next likeliest, ${rival}`
  return `${signature} came on ${hits} of its nodes, about ${ratio} times likelier there ${when}: by chance ${sayOdds(logE)}, ${among}`
}

function saySuspicion({ signature, logE, margin, rival, hits }: SignatureFinding): string {
  const far = margin === null || margin <= 0 ? 'no better' : `only ${sayTimes(margin)} times better`
  const other =
    rival === null
      ? 'it alone was under way'
      : `it explains them ${far} than ${rival}, and 20 times better is needed`
  return `${signature} came on ${hits} of its nodes, by chance ${sayOdds(logE)}, but ${other}`
}

function sayTooLittle({ signature, logE, logEToBlame, hits }: SignatureFinding): string {
  if (logE <= 0) return 'nothing that went wrong speaks against it more than against chance'
  const share = Math.min(99, Math.round((100 * logE) / logEToBlame))
  if (hits < HITS_SAID)
    return `${signature} came on ${hits} of its nodes: fewer than ${HITS_SAID} are an accident of those nodes`
  return `${signature} came on ${hits} of its nodes, ${share} % of the evidence that blames`
}
