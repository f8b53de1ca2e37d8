import { z } from 'zod'
import { DAY, parseDuration } from '../kernel/instant.ts'
import { BUCKETS } from '../words/exposure-share.ts'

/** A longer wait than a year is a mistake in the unit, not a plan. */
const DURATION_MAX_MS = 366 * DAY
/** Long enough for any duration or share that a person writes. */
const QUANTITY_CHARS_MAX = 30

/** `30s`, `10m`, `1h30m` → milliseconds. */
export const Duration = z
  .string()
  .max(QUANTITY_CHARS_MAX)
  .meta({
    title: 'duration',
    examples: ['30s', '10m', '1h30m'],
    pattern: '^(\\d+(ms|s|m|h|d|w))+$',
  })
  .transform((text, context) => {
    const millis = parseDuration(text)
    if (millis !== null && millis <= DURATION_MAX_MS) return millis
    context.addIssue({
      code: 'custom',
      message: 'expected a duration such as "30s", "10m" or "1h30m", at most 366 days',
    })
    return z.NEVER
  })

/** A duration that somebody waits for; none at all would end before it began. */
export const Wait = Duration.refine((millis) => millis > 0, 'expected a duration longer than 0s')

/** `5%` or `0.25%` → buckets of 10,000. */
export const Share = z
  .string()
  .max(QUANTITY_CHARS_MAX)
  .meta({
    title: 'share',
    examples: ['5%', '0.25%', '100%'],
    pattern: '^\\d+(\\.\\d{1,2})?\\s*%$',
  })
  .transform((text, context) => {
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
  .meta({ title: 'name', examples: ['shop', 'early-adopters'] })

/** `host:port`, with a port that exists. */
export const HostPort = z
  .string()
  .max(300)
  .regex(/^[^:\s]+:\d{1,5}$/, {
    error: 'expected "host:port", such as "127.0.0.1:8080"',
    abort: true,
  })
  .refine((text) => Number(text.split(':')[1]) <= 65_535, 'expected a port of at most 65535')
  .meta({ title: 'host and port', examples: ['127.0.0.1:8080'] })

const SECRET_SHAPE =
  'expected where the secret is found, { env: NAME } or { file: PATH }, never the secret itself'

/** Where a secret is found; the secret itself never stands in a strategy. */
export const SecretRef = z
  .union(
    [
      z.strictObject({
        env: z.string().min(1).max(200).describe('Name of the environment variable of the server.'),
      }),
      z.strictObject({
        file: z.string().min(1).max(1000).describe('Path of a file that holds only the secret.'),
      }),
    ],
    { error: SECRET_SHAPE },
  )
  .meta({ title: 'reference to a secret' })
export type SecretRef = z.output<typeof SecretRef>
