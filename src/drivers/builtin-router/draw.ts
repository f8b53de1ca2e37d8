import { randomInt } from 'node:crypto'
import { BUCKETS } from '../../core/words/exposure-share.ts'

/** 2^32 divided by the golden ratio, odd: the most evenly spreading step there is modulo 2^32. */
const GOLDEN_STEP = 0x9e3779b9

const MODULUS = 2 ** 32

/**
 * Draws buckets for requests without a subject: each step of a Weyl sequence with the golden ratio,
 * from a random start. Dice would need thousands of requests until 5 % is seen as 5 %; here any n
 * requests in a row hold n·p of the candidate's within a few, and never a long run of either side.
 * It cannot lock onto a client that alternates between two pages, as counting to twenty would,
 * because no multiple of the golden ratio is close to a whole number. Nobody can steer into the
 * candidate from outside either: the start is random and all clients share one sequence.
 */
export function openDraw(start: number = randomInt(MODULUS)): () => number {
  let state = start >>> 0
  return () => {
    state = (state + GOLDEN_STEP) >>> 0
    return Math.floor((state / MODULUS) * BUCKETS)
  }
}
