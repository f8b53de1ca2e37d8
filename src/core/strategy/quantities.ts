import { z } from 'zod'
import { parseDuration } from '../kernel/instant.ts'
import { BUCKETS } from '../words/exposure-share.ts'

/** `30s`, `10m`, `1h30m` → milliseconds. */
export const Duration = z.string().transform((text, context) => {
  const millis = parseDuration(text)
  if (millis !== null) return millis
  context.addIssue({
    code: 'custom',
    message: 'expected a duration such as "30s", "10m" or "1h30m"',
  })
  return z.NEVER
})

/** `5%` or `0.25%` → buckets of 10,000. */
export const Share = z.string().transform((text, context) => {
  const found = /^(\d+(?:\.\d{1,2})?)\s*%$/.exec(text)
  const buckets = found === null ? Number.NaN : Math.round(Number(found[1]) * 100)
  if (buckets >= 0 && buckets <= BUCKETS) return buckets
  context.addIssue({
    code: 'custom',
    message: 'expected a share from "0%" to "100%", with at most two decimals',
  })
  return z.NEVER
})

/** A name that is safe in a URL, a file name, a metric label and a shell. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected a name of lower-case letters, digits and "-", at most 63 long',
  )

/** Where a secret is found; the secret itself never stands in a strategy. */
export const SecretRef = z.union([
  z.strictObject({ env: z.string().min(1).max(200) }),
  z.strictObject({ file: z.string().min(1).max(1000) }),
])
export type SecretRef = z.output<typeof SecretRef>
