import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import type { SmtpConfig } from './smtp.ts'

/** What is read of an error of nodemailer; anything else in it may hold what was sent. */
const MailError = z
  .object({
    code: z.string(),
    responseCode: z.number(),
    /** The system's or the TLS library's own code, where nodemailer put its own in its place. */
    originalCode: z.string(),
    syscall: z.string(),
  })
  .partial()
  .catch({})
type MailError = z.output<typeof MailError>

/** Codes of certificates and handshakes: `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_SSL_WRONG_VERSION_NUMBER`. */
const OF_ENCRYPTION = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/

/** System calls that fail before anything was said. */
const OF_CONNECTING = new Set(['connect', 'getaddrinfo'])

/**
 * Makes a failure of nodemailer's error, https://nodemailer.com/errors. Its own text may hold what
 * was sent, so only codes are kept. Its `command` says `CONN` even for a connection that broke
 * after the mail was sent, so that only the system's call tells whether anything went out.
 */
export function smtpTrouble(config: SmtpConfig, error: unknown): DriverFailure {
  const found = MailError.parse(error)
  const where = `${config.host}:${config.port}`
  if (found.code === 'ETIMEDOUT')
    return failure('timed-out', 'after-looking', `${where} did not answer in time`)
  return (
    encryptionTrouble(config, found, where) ??
    answeredTrouble(found, where) ??
    connectionTrouble(found, where)
  )
}

function encryptionTrouble(
  { tls }: SmtpConfig,
  { code, originalCode = '' }: MailError,
  where: string,
): DriverFailure | null {
  if (OF_ENCRYPTION.test(originalCode)) {
    const what = `the encryption of ${where} is not accepted (${originalCode}): check its certificate, its port and tls: ${tls}`
    return failure('misconfigured', 'never', what)
  }
  if (code !== 'ETLS') return null
  const what = `${where} does not offer the encryption that tls: ${tls} asks for`
  return failure('misconfigured', 'never', what)
}

function answeredTrouble({ code, responseCode }: MailError, where: string): DriverFailure | null {
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500)
    return failure('throttled', 'safe', `${where} asks to try later (${responseCode})`)
  if (code === 'EAUTH') {
    const what = `${where} refused the login (${responseCode ?? code}): check user and password`
    return failure('denied', 'never', what)
  }
  if (responseCode !== undefined && responseCode >= 500)
    return failure('refused', 'never', `${where} refused the mail for good (${responseCode})`)
  return null
}

function connectionTrouble(
  { code, originalCode, syscall }: MailError,
  where: string,
): DriverFailure {
  const named = originalCode ?? code ?? 'unknown error'
  return code === 'EDNS' || OF_CONNECTING.has(syscall ?? '')
    ? failure('unreachable', 'safe', `${where} could not be reached (${named})`)
    : failure('unclear', 'after-looking', `the connection to ${where} broke (${named})`)
}
