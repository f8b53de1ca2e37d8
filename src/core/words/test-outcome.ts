import { z } from 'zod'

/**
 * What became of one test. `fail` says something about the release and halts; `error` says that
 * the test could not be run or did not test the release, and never promotes. They are never merged.
 */
export const TestVerdict = z.enum(['pass', 'fail', 'error'])
export type TestVerdict = z.output<typeof TestVerdict>

/**
 * When a group's tests run: before users reach the group, once its share was seen, and again at
 * the end of its bake.
 */
export const TestRound = z.enum(['before', 'exposed', 'baked'])
export type TestRound = z.output<typeof TestRound>

/** What a test was about. A pass about anything else counts for nothing. */
export const TestBinding = z.object({
  rollout: z.string(),
  group: z.string(),
  /** The opening of the group; opened again, it is tested again. */
  opening: z.number().int().nonnegative(),
  round: TestRound,
  release: z.string(),
  stack: z.string(),
})
export type TestBinding = z.output<typeof TestBinding>

/** How many single tests a runner reported. */
export const TestCounts = z.object({
  tests: z.number().int().nonnegative(),
  failures: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  skipped: z.number().int().nonnegative(),
})
export type TestCounts = z.output<typeof TestCounts>

/** One run of one test, with everything that a person would ask for afterwards. */
export const TestOutcome = z.object({
  test: z.string(),
  verdict: TestVerdict,
  /** One sentence: what was asked, what came back. */
  because: z.string(),
  of: TestBinding,
  /** How it was known that the release under test was the one that answered; null when it was not. */
  provedBy: z.string().nullable(),
  /** What the runner counted; null for a test that is one question. */
  counts: TestCounts.nullable(),
  /** Paths of what the test left behind: reports, screenshots. */
  artefacts: z.array(z.string()),
  startedAt: z.number().int(),
  tookMs: z.number().nonnegative(),
})
export type TestOutcome = z.output<typeof TestOutcome>

/** Whether two bindings are of the same thing in every part. */
export function isSameBinding(a: TestBinding, b: TestBinding): boolean {
  return (
    a.rollout === b.rollout &&
    a.group === b.group &&
    a.opening === b.opening &&
    a.round === b.round &&
    a.release === b.release &&
    a.stack === b.stack
  )
}
