/** A condition that does not fit here is a programme; people must be able to read it at night. */
export const CONDITION_CHARS_MAX = 2_000

/**
 * What the parser accepts. A decision of a real tree has 10 to 40 nodes and a depth of 5;
 * the limits leave ten times that and keep an evaluation far below a millisecond.
 */
export const CONDITION_LIMITS = { maxAstNodes: 500, maxDepth: 24, maxListElements: 100 } as const

/** `exists` within `exists` compares two lists; a third level has cost without a use. */
export const LOOPS_DEEP_MAX = 2

/** Larger than any count of people, requests or minutes; keeps arithmetic away from the end of 64 bits. */
export const WHOLE_NUMBER_MAX = 1_000_000_000_000_000n
