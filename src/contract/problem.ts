import { z } from 'zod'

/** One place in a request or in a strategy that is wrong. */
export const Finding = z.object({
  /** `exposure.groups[1].share`; empty for the whole. */
  path: z.string(),
  message: z.string(),
  /** The file of a strategy, with line and column from 1. */
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  /** An `error` refuses a strategy; a `finding` is a warning from experience. */
  severity: z.enum(['error', 'finding']).optional(),
  fix: z.string().optional(),
  /** The line with a caret under the place. */
  excerpt: z.string().optional(),
})
export type Finding = z.output<typeof Finding>

/** Why a request was not carried out, after RFC 9457. `detail` says what to do about it. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** Names the request in the server's log. */
  instance: z.string().optional(),
  /** Everything that is wrong, at once. */
  problems: z.array(Finding).optional(),
})
export type Problem = z.output<typeof Problem>
