import { z } from 'zod'
import { SECOND } from '../kernel/instant.ts'
import { Duration, Name, SecretRef } from './quantities.ts'

const EMAIL = z.email().max(320)

/** A way to reach an audience. */
export const Channel = z.discriminatedUnion('driver', [
  z.strictObject({ name: Name, driver: z.literal('terminal') }),
  /** Appends one JSON line per message. */
  z.strictObject({ name: Name, driver: z.literal('file'), path: z.string().min(1).max(1000) }),
  z.strictObject({
    name: Name,
    driver: z.literal('smtp'),
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535).default(587),
    /** `required` refuses a server without STARTTLS; `never` is for a relay on the same host. */
    tls: z.enum(['required', 'implicit', 'never']).default('required'),
    user: z.string().max(320).optional(),
    password: SecretRef.optional(),
    from: EMAIL,
    to: z.array(EMAIL).min(1).max(50),
    timeout: Duration.default(20 * SECOND),
  }),
  /** Signed after the Standard Webhooks specification. */
  z.strictObject({
    name: Name,
    driver: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/ }),
    /** `whsec_…` */
    secret: SecretRef,
    timeout: Duration.default(10 * SECOND),
  }),
])
export type Channel = z.output<typeof Channel>
