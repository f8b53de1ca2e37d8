import { z } from 'zod'
import { Wait } from './quantities.ts'

/** `99.9%`; a promise of all or of less than half is none. */
const PERCENT = /^(\d{2}(?:\.\d{1,5})?)\s*%$/
const LEAST = 50

/** How many requests of all are promised to be good: `99.9%` → 0.999. */
const Target = z
  .string()
  .max(20)
  .meta({ title: 'objective', examples: ['99.9%'], pattern: PERCENT.source })
  .transform((text, context) => {
    const percent = Number(PERCENT.exec(text)?.[1] ?? Number.NaN)
    if (percent >= LEAST) return percent / 100
    context.addIssue({
      code: 'custom',
      message: 'expected an objective such as "99.9%", from "50%" to below "100%"',
    })
    return z.NEVER
  })

/** A promise to users, and the time over which it is kept. */
export const Objective = z.strictObject({
  objective: Target.describe('Share of requests that are promised to be good, `99.9%`.'),
  window: Wait.prefault('30d').describe('Over how long the promise is kept.'),
})

/** The share of requests that may fail: 0.001 for an objective of 99.9 %. */
export function budgetOf({ objective }: z.output<typeof Objective>): number {
  return 1 - objective
}
