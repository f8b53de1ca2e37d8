import { z } from 'zod'
import { parseDuration } from '../kernel/instant.ts'

/** More than this many of a hundred requests is not "still fine" but another service. */
const POINTS_MAX = 20
/** A minute slower is not "still fine" for anything that answers requests. */
const SLOWER_MAX_MS = 60_000
const CHARS_MAX = 30

/**
 * An absolute difference, in the unit in which a metric is measured: `0.5%` of the requests as a share
 * of one, `5ms` in milliseconds, `100` in a gauge's own unit.
 */
export interface AllowanceAmount {
  readonly unit: 'share' | 'ms' | 'own'
  readonly amount: number
}

/** `0.5%`, `5ms` or `100` → an amount with its unit. */
export const Allowance = z
  .union([z.number().nonnegative(), z.string().max(CHARS_MAX)])
  .meta({ title: 'difference', examples: ['0.5%', '5ms'] })
  .transform((written, context): AllowanceAmount => {
    const read = typeof written === 'number' ? ownUnit(written) : readText(written)
    if (read !== null) return read
    context.addIssue({
      code: 'custom',
      message: `expected a difference: "0.5%" of the requests (at most ${POINTS_MAX}%), "5ms" (at most 1m), or a number in a gauge's own unit`,
    })
    return z.NEVER
  })

function ownUnit(amount: number): AllowanceAmount {
  return { unit: 'own', amount }
}

function readText(text: string): AllowanceAmount | null {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1]
  if (percent !== undefined) {
    return Number(percent) <= POINTS_MAX ? { unit: 'share', amount: Number(percent) / 100 } : null
  }
  const ms = parseDuration(text)
  return ms !== null && ms <= SLOWER_MAX_MS ? { unit: 'ms', amount: ms } : null
}
