import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Channel as ChannelConfig } from '../../core/strategy/channels.ts'
import type { Channel, Message } from '../../ports/channel.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { smtpTrouble } from './smtp-trouble.ts'

export type SmtpConfig = Extract<ChannelConfig, { driver: 'smtp' }>

/** Messages whose receivers are remembered, so that a repeat goes only to those who lack it. */
const REMEMBERED_MAX = 1_000

/** Where a password may travel without encryption: it does not leave the machine. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/i

/**
 * Sends messages by mail. A repeat carries the same Message-ID, by which mail systems drop it;
 * SMTP itself cannot be asked whether a mail was accepted before. Delivered means that the server
 * has accepted it for every receiver.
 */
export function openSmtp(config: SmtpConfig, secrets: Secrets): Channel {
  const accepted = new Map<string, Set<string>>()
  return {
    async deliver(message, ask) {
      const transport = await transportOf(config, secrets)
      if (!transport.ok) return transport
      const have = accepted.get(message.id) ?? new Set()
      const to = config.to.filter((address) => !have.has(address))
      const late = AbortSignal.any([ask.signal, AbortSignal.timeout(config.timeout)])
      try {
        const sent = await Promise.race([
          transport.value.sendMail({
            ...mailOf(config, message),
            envelope: { from: config.from, to },
          }),
          ended(late),
        ])
        if (sent === null) return no(tooLate(config))
        if (sent.rejected.length === 0) {
          accepted.delete(message.id)
          return yes({ evidence: `${config.host} answered ${sent.response}` })
        }
        remember(message.id, have.union(new Set(to.filter((one) => sent.accepted.includes(one)))))
        return no(partly(config, sent.rejectedErrors ?? [], sent.rejected.length))
      } catch (error) {
        return no(smtpTrouble(config, error))
      } finally {
        transport.value.close()
      }
    },
    close: async () => undefined,
  }

  function remember(id: string, have: Set<string>): void {
    if (accepted.size >= REMEMBERED_MAX) accepted.clear()
    accepted.set(id, have)
  }
}

async function transportOf(config: SmtpConfig, secrets: Secrets) {
  const { host, port, tls, user, timeout } = config
  if (tls === 'never' && config.password !== undefined && !LOOPBACK.test(host)) {
    const what = `channel '${config.name}' would send its password to ${host} without encryption: use tls: required or tls: implicit`
    return no(failure('misconfigured', 'never', what))
  }
  const password = config.password === undefined ? null : await secrets(config.password)
  if (password !== null && !password.ok) return password
  const transport = createTransport({
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
  })
  return yes(transport)
}

function mailOf({ from, to }: SmtpConfig, { id, subject, text, sentAt }: Message) {
  const local = createHash('sha256').update(id).digest('hex').slice(0, 32)
  const domain = from.split('@')[1] ?? 'localhost'
  return {
    from,
    to: [...to],
    subject,
    text,
    date: new Date(sentAt),
    messageId: `<${local}@${domain}>`,
    // Nobody's holiday notice should answer an incident (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/** Resolves when the wait is over; nodemailer cannot be told to stop waiting itself. */
function ended(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}

function tooLate({ host }: SmtpConfig): DriverFailure {
  return failure('timed-out', 'after-looking', `${host} did not accept the mail in time`)
}

/** Some receivers have it and some do not. Those who do not may get it later, or never. */
function partly(
  { host, to }: SmtpConfig,
  errors: readonly unknown[],
  refused: number,
): DriverFailure {
  const codes = errors.map((error) =>
    typeof error === 'object' && error !== null && 'responseCode' in error
      ? Number(error.responseCode)
      : Number.NaN,
  )
  const isForNow = codes.length > 0 && codes.every((code) => code >= 400 && code < 500)
  const said = `${host} refused ${refused} of ${to.length} receivers (${codes.join(', ')})`
  return isForNow
    ? failure('throttled', 'safe', `${said} and asks to try later`)
    : failure('refused', 'never', `${said}; the others have the mail`)
}
