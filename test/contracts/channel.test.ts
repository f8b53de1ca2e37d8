import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { yes } from '../../src/core/kernel/result.ts'
import { openFileChannel } from '../../src/drivers/channels/file.ts'
import { openSmtp } from '../../src/drivers/channels/smtp.ts'
import { openTerminal } from '../../src/drivers/channels/terminal.ts'
import { openWebhook } from '../../src/drivers/channels/webhook.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { fakeChannel } from '../support/fake-channel.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { startSmtp } from '../support/smtp.ts'
import { startWebhookReceiver, TEST_WEBHOOK_SECRET } from '../support/webhook-receiver.ts'
import { channelContract } from './channel.ts'

const nothing = async () => undefined

channelContract('the fake channel', async () => {
  const channel = fakeChannel(fakeClock())
  return {
    channel,
    arrived: async () => channel.received().map(({ subject }) => subject),
    close: nothing,
  }
})

channelContract('the terminal channel', async () => {
  let printed = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      printed += String(chunk)
      done()
    },
  })
  return {
    channel: openTerminal(stream),
    arrived: async () =>
      [...printed.matchAll(/^\[to team\] (.*)$/gm)].map(([, subject = '']) => subject),
    close: nothing,
  }
})

channelContract('the file channel', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'goaround-channel-')), 'new', 'outbox.jsonl')
  return {
    channel: openFileChannel(path),
    arrived: async () =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => String(Object(JSON.parse(line)).subject)),
    close: nothing,
  }
})

channelContract('the SMTP channel', async () => {
  const server = await startSmtp()
  const config = {
    name: 'mail',
    driver: 'smtp',
    host: '127.0.0.1',
    port: server.port,
    tls: 'never',
    from: 'goaround@example.org',
    to: ['team@example.org', 'ops@example.org'],
    timeout: 5_000,
  } as const
  return {
    channel: openSmtp({ ...config, to: [...config.to] }, async () => yes('')),
    arrived: async () => server.mails().map(({ subject }) => subject ?? ''),
    close: server.stop,
  }
})

channelContract('the webhook channel', async () => {
  const receiver = await startWebhookReceiver()
  const config = {
    name: 'hook',
    driver: 'webhook',
    url: receiver.url,
    secret: { env: 'HOOK_SECRET' },
    timeout: 5_000,
  } as const
  return {
    channel: openWebhook(config, async () => yes(TEST_WEBHOOK_SECRET), systemClock),
    arrived: async () => receiver.received().map(({ subject }) => String(subject)),
    close: receiver.stop,
  }
})
