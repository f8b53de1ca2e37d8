import { z } from 'zod'
import { Name, SecretRef, Wait } from './quantities.ts'

const EMAIL = z
  .email()
  .max(320)
  .meta({ title: 'mail address', examples: ['ops@example.org'] })
const ChannelName = Name.describe('What audiences call this channel.')

const Terminal = z
  .strictObject({ name: ChannelName, driver: z.literal('terminal') })
  .describe('Prints messages where `goaround up` runs.')

const File = z
  .strictObject({
    name: ChannelName,
    driver: z.literal('file'),
    path: z.string().min(1).max(1000).describe('The file; it is created when it is missing.'),
  })
  .describe('Appends one JSON line per message to a file.')

const Smtp = z
  .strictObject({
    name: ChannelName,
    driver: z.literal('smtp'),
    host: z.string().min(1).max(255).describe('Host name of the mail server.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .default(587)
      .describe('587 is the port for submission with STARTTLS, 465 the one for `implicit`.'),
    tls: z
      .enum(['required', 'implicit', 'never'])
      .default('required')
      .describe(
        '`required` refuses a server without STARTTLS; `never` is for a relay on the same host.',
      ),
    user: z.string().max(320).optional().describe('Only together with `password`.'),
    password: SecretRef.optional().describe('Where the password is found.'),
    from: EMAIL.describe('The sender.'),
    to: z.array(EMAIL).min(1).max(50).describe('The receivers, at most 50: use a list address.'),
    timeout: Wait.prefault('20s').describe('How long one delivery may take.'),
  })
  .describe('Sends mail.')

const Webhook = z
  .strictObject({
    name: ChannelName,
    driver: z.literal('webhook'),
    url: z
      .url({ protocol: /^https?$/ })
      .meta({ title: 'URL' })
      .describe('Receives a POST of JSON per message.'),
    secret: SecretRef.describe('Where the signing secret (`whsec_…`) is found.'),
    timeout: Wait.prefault('10s').describe('How long one delivery may take.'),
  })
  .describe('Posts messages, signed after the Standard Webhooks specification.')

/** A way to reach an audience. */
export const Channel = z.discriminatedUnion('driver', [Terminal, File, Smtp, Webhook])
export type Channel = z.output<typeof Channel>
