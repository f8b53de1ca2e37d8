import { createHash } from 'node:crypto'
import { createTransport, type Transporter } from 'nodemailer'
import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Channel as ChannelConfig } from '../../core/strategy/channels.ts'
import type { Channel, Message } from '../../ports/channel.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Secrets } from '../secrets.ts'

/** What is read of an error of nodemailer; anything else in it may hold what was sent. */
const MailError = z
  .object({ code: z.string(), responseCode: z.number(), command: z.string() })
  .partial()
  .catch({})

type Config = Extract<ChannelConfig, { driver: 'smtp' }>

/**
 * Sends messages by mail. A repeat carries the same Message-ID, by which mail systems drop it;
 * SMTP itself cannot be asked whether a mail was accepted before.
 */
export function openSmtp(config: Config, secrets: Secrets): Channel {
  return {
    async deliver(message, ask) {
      const transport = await transportOf(config, secrets)
      if (!transport.ok) return transport
      try {
        const sent = await Promise.race([
          transport.value.sendMail(mailOf(config, message)),
          ended(ask.signal),
        ])
        return sent === null
          ? no(tooLate(config))
          : yes({ evidence: `${config.host} answered ${sent.response}` })
      } catch (error) {
        return no(trouble(config, error))
      } finally {
        transport.value.close()
      }
    },
    close: async () => undefined,
  }
}

async function transportOf(config: Config, secrets: Secrets): Answer<Transporter> {
  const password = config.password === undefined ? null : await secrets(config.password)
  if (password !== null && !password.ok) return password
  const { host, port, tls, user, timeout } = config
  return yes(
    createTransport({
      host,
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'required',
      ignoreTLS: tls === 'never',
      ...(user === undefined || password === null ? {} : { auth: { user, pass: password.value } }),
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      // Nothing of a message may make the mailer read files or fetch addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  )
}

function mailOf({ from, to }: Config, { id, subject, text, sentAt }: Message) {
  const local = createHash('sha256').update(id).digest('hex').slice(0, 32)
  const domain = from.split('@')[1] ?? 'localhost'
  return {
    from,
    to: [...to],
    subject,
    text,
    date: new Date(sentAt),
    messageId: `<${local}@${domain}>`,
  }
}

/** Resolves when the wait is over; nodemailer cannot be told to stop waiting itself. */
function ended(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}

function tooLate({ host }: Config): DriverFailure {
  return failure('timed-out', 'after-looking', `${host} did not accept the mail in time`)
}

/** Error codes of nodemailer, https://nodemailer.com/errors. Its own text may hold what was sent, so only codes are kept. */
function trouble(config: Config, error: unknown): DriverFailure {
  const { code, responseCode, command } = MailError.parse(error)
  const { host, port } = config
  const where = `${host}:${port}`
  if (code === 'EAUTH')
    return failure(
      'denied',
      'never',
      `${where} refused the login (${responseCode ?? code}): check user and password`,
    )
  if (code === 'ETLS')
    return failure(
      'misconfigured',
      'never',
      `${where} does not offer the encryption that tls: ${config.tls} asks for`,
    )
  if (responseCode !== undefined && responseCode >= 500)
    return failure('refused', 'never', `${where} refused the mail for good (${responseCode})`)
  if (responseCode !== undefined && responseCode >= 400)
    return failure('throttled', 'safe', `${where} asks to try later (${responseCode})`)
  if (code === 'ETIMEDOUT')
    return failure('timed-out', 'after-looking', `${where} did not answer in time`)
  const isBefore = command === 'CONN' || code === 'EDNS' || code === 'ECONNECTION'
  if (isBefore)
    return failure(
      'unreachable',
      'safe',
      `${where} could not be reached (${code ?? 'unknown error'})`,
    )
  return failure(
    'unclear',
    'after-looking',
    `the connection to ${where} broke (${code ?? 'unknown error'})`,
  )
}
