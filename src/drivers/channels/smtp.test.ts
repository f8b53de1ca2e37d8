import { afterEach, describe, expect, test } from 'vitest'
import { SAMPLE_MESSAGE } from '../../../test/contracts/channel.ts'
import { startSmtp, type TestSmtp } from '../../../test/support/smtp.ts'
import { yes } from '../../core/kernel/result.ts'
import { openSmtp } from './smtp.ts'

const PASSWORD = 'correct-horse-battery'
let server: TestSmtp | null = null
afterEach(async () => {
  await server?.stop()
  server = null
})

describe('a mail server that says no', () => {
  test.each([
    [
      'a wrong password is denied for ever',
      { onAuth: refuseLogin, authOptional: false },
      'denied',
      'never',
    ],
    [
      'greylisting may be tried again',
      { onMailFrom: answer(451, 'greylisted, try later') },
      'throttled',
      'safe',
    ],
    [
      'an unknown receiver is refused for good',
      { onRcptTo: answer(550, 'no such user') },
      'refused',
      'never',
    ],
  ] as const)('%s', async (_name, options, reason, retry) => {
    server = await startSmtp({ onAuth: letIn, ...options, allowInsecureAuth: true })

    const outcome = await deliver({ port: server.port, tls: 'never', user: 'goaround' })

    expect(outcome).toMatchObject({ ok: false, problem: { reason, retry } })
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
  })

  test('a server without encryption is refused when encryption is required', async () => {
    server = await startSmtp()

    const outcome = await deliver({ port: server.port, tls: 'required' })

    expect(outcome).toMatchObject({ ok: false, problem: { retry: 'never' } })
    expect(server.mails()).toEqual([])
  })

  test('a server that is down may be asked again, and is named', async () => {
    server = await startSmtp()
    const { port } = server
    await server.stop()

    const outcome = await deliver({ port, tls: 'never' })

    expect(outcome).toMatchObject({ ok: false, problem: { reason: 'unreachable', retry: 'safe' } })
    expect(outcome.ok ? '' : outcome.problem.detail).toContain(`127.0.0.1:${port}`)
  })

  test('a server that never answers is unclear: the mail may have gone out', async () => {
    server = await startSmtp({ onData: () => undefined })

    const outcome = await deliver({ port: server.port, tls: 'never' }, AbortSignal.timeout(300))

    expect(outcome).toMatchObject({
      ok: false,
      problem: { reason: 'timed-out', retry: 'after-looking' },
    })
  })
})

function deliver(
  change: { port: number; tls: 'never' | 'required'; user?: string },
  signal: AbortSignal = AbortSignal.timeout(10_000),
) {
  const { user, ...rest } = change
  const config = {
    name: 'mail',
    driver: 'smtp',
    host: '127.0.0.1',
    from: 'goaround@example.org',
    to: ['team@example.org'],
    timeout: 5_000,
    ...rest,
    ...(user === undefined ? {} : { user, password: { env: 'MAIL_PASSWORD' } }),
  } as const
  const channel = openSmtp({ ...config, to: [...config.to] }, async () => yes(PASSWORD))
  return channel.deliver(SAMPLE_MESSAGE, { effectId: SAMPLE_MESSAGE.id, signal })
}

function answer(responseCode: number, text: string) {
  return (_address: unknown, _session: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error(text), { responseCode }))
}

function refuseLogin(_auth: unknown, _session: unknown, done: (error: Error) => void): void {
  done(Object.assign(new Error('who are you'), { responseCode: 535 }))
}

function letIn(
  _auth: unknown,
  _session: unknown,
  done: (error: null, answer: { user: string }) => void,
): void {
  done(null, { user: 'goaround' })
}
