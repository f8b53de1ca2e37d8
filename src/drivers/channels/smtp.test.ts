import { type AddressInfo, createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { SAMPLE_MESSAGE } from '../../../test/contracts/channel.ts'
import { makeCertificate } from '../../../test/support/certificate.ts'
import { startSmtp, type TestSmtp } from '../../../test/support/smtp.ts'
import { yes } from '../../core/kernel/result.ts'
import type { Channel } from '../../ports/channel.ts'
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
      'a login service that is down may be tried again',
      { onAuth: answer(454, 'temporary authentication failure'), authOptional: false },
      'throttled',
      'safe',
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

describe('a mail that reaches only some', () => {
  test('is not delivered, and a repeat goes to the others alone', async () => {
    const receivers: string[] = []
    let isFull = true
    server = await startSmtp({
      onRcptTo({ address }, _session, done) {
        const later = Object.assign(new Error('mailbox full'), { responseCode: 452 })
        if (address === 'full@example.org' && isFull) return done(later)
        receivers.push(address)
        done()
      },
    })
    const to = ['team@example.org', 'full@example.org']
    const channel = open({ port: server.port, tls: 'never', to })

    const first = await send(channel)
    isFull = false
    const second = await send(channel)

    expect(first).toMatchObject({ ok: false, problem: { reason: 'throttled', retry: 'safe' } })
    expect(first.ok ? '' : first.problem.detail).toContain('refused 1 of 2 receivers (452)')
    expect(second).toMatchObject({ ok: true })
    expect(receivers).toEqual(['team@example.org', 'full@example.org'])
  })

  test('is refused for good when one of them does not exist', async () => {
    server = await startSmtp({
      onRcptTo({ address }, _session, done) {
        const unknown = Object.assign(new Error('no such user'), { responseCode: 550 })
        done(address === 'gone@example.org' ? unknown : null)
      },
    })
    const to = ['team@example.org', 'gone@example.org']

    expect(await send(open({ port: server.port, tls: 'never', to }))).toMatchObject({
      ok: false,
      problem: { reason: 'refused', retry: 'never' },
    })
  })
})

describe('a connection', () => {
  test('that breaks after the mail was sent is unclear: nobody knows whether it was accepted', async () => {
    const sockets = new Set<{ destroy: () => void }>()
    const rude = createServer((socket) => {
      sockets.add(socket)
      socket.write('220 ready\r\n')
      socket.on('error', () => undefined)
      let inData = false
      socket.on('data', (chunk) => {
        const text = chunk.toString()
        if (inData && text.includes('\r\n.\r\n')) socket.destroy()
        if (inData) return
        inData = /^DATA/m.test(text)
        socket.write(
          inData ? '354 go on\r\n' : '250 fine\r\n'.repeat(text.split('\r\n').length - 1),
        )
      })
    })
    await new Promise<void>((resolve) => {
      rude.listen(0, '127.0.0.1', resolve)
    })
    const { port } = rude.address() as AddressInfo

    const outcome = await send(open({ port, tls: 'never' }))
    rude.close()

    expect(outcome).toMatchObject({
      ok: false,
      problem: { reason: 'unclear', retry: 'after-looking' },
    })
  })

  test('that drips is given up after the timeout of the whole delivery', async () => {
    const slow = createServer((socket) => {
      socket.on('error', () => undefined)
      const drip = setInterval(() => socket.write('220-wait\r\n'), 50)
      socket.on('close', () => clearInterval(drip))
    })
    await new Promise<void>((resolve) => {
      slow.listen(0, '127.0.0.1', resolve)
    })
    const { port } = slow.address() as AddressInfo

    const outcome = await send(open({ port, tls: 'never', timeout: 300 }))
    slow.close()

    expect(outcome).toMatchObject({
      ok: false,
      problem: { reason: 'timed-out', retry: 'after-looking' },
    })
  })
})

describe('encryption', () => {
  const certificate = makeCertificate()
  const before = getCACertificates('default')
  afterEach(() => setDefaultCACertificates(before))

  test.each([
    ['required', { disabledCommands: [], secure: false }],
    ['implicit', { disabledCommands: [], secure: true }],
  ] as const)('%s delivers to a server whose certificate is trusted', async (tls, options) => {
    setDefaultCACertificates([...before, certificate.cert])
    server = await startSmtp({ ...options, disabledCommands: [], ...certificate, onAuth: letIn })

    expect(await deliver({ port: server.port, tls, user: 'goaround' })).toMatchObject({ ok: true })
    expect(server.mails()).toHaveLength(1)
  })

  test.each([
    ['required', false],
    ['implicit', true],
  ] as const)('%s tells no password to a server whose certificate is not', async (tls, secure) => {
    let logins = 0
    server = await startSmtp({
      secure,
      disabledCommands: [],
      ...certificate,
      onAuth(auth, session, done) {
        logins += 1
        letIn(auth, session, done)
      },
    })

    const outcome = await deliver({ port: server.port, tls, user: 'goaround' })

    expect(outcome).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(outcome.ok ? '' : outcome.problem.detail).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(logins).toBe(0)
  })

  test('is demanded before a password leaves the machine', async () => {
    const channel = open({ host: 'mail.example.org', port: 25, tls: 'never', user: 'goaround' })

    expect(await send(channel)).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
  })
})

interface Change {
  readonly port: number
  readonly tls: 'never' | 'required' | 'implicit'
  readonly user?: string
  readonly host?: string
  readonly timeout?: number
  readonly to?: string[]
}

function deliver(change: Change, signal: AbortSignal = AbortSignal.timeout(10_000)) {
  return send(open(change), signal)
}

function send(channel: Channel, signal: AbortSignal = AbortSignal.timeout(10_000)) {
  return channel.deliver(SAMPLE_MESSAGE, { effectId: SAMPLE_MESSAGE.id, signal })
}

function open({ user, ...rest }: Change): Channel {
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
  return openSmtp({ ...config, to: [...config.to] }, async () => yes(PASSWORD))
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
