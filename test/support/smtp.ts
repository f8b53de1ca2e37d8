import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface TestSmtp {
  readonly port: number
  /** Mails that were accepted, repeats with the same Message-ID once. */
  readonly mails: () => readonly ParsedMail[]
  readonly stop: () => Promise<void>
}

/** A real SMTP server on loopback, well-behaved unless the options say otherwise. */
export async function startSmtp(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const mails = new Map<string, ParsedMail>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, _session, done) {
      simpleParser(stream).then((mail) => {
        mails.set(mail.messageId ?? String(mails.size), mail)
        done()
      }, done)
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails: () => [...mails.values()],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
