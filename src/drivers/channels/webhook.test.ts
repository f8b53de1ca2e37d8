import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SAMPLE_MESSAGE } from '../../../test/contracts/channel.ts'
import {
  startWebhookReceiver,
  TEST_WEBHOOK_SECRET,
  type WebhookReceiver,
} from '../../../test/support/webhook-receiver.ts'
import { yes } from '../../core/kernel/result.ts'
import { systemClock } from '../system-clock.ts'
import { openWebhook } from './webhook.ts'

let receiver: WebhookReceiver
beforeEach(async () => {
  receiver = await startWebhookReceiver()
})
afterEach(async () => receiver.stop())

describe('a receiver that says no', () => {
  test.each([
    [410, 'not-found', 'never'],
    [401, 'denied', 'never'],
    [429, 'throttled', 'safe'],
    [503, 'unclear', 'safe'],
    [302, 'misconfigured', 'never'],
    [400, 'refused', 'never'],
  ] as const)('with %i is %s, to be retried: %s', async (status, reason, retry) => {
    receiver.answers.push({ status, headers: { 'retry-after': '7', location: receiver.url } })

    const outcome = await deliver()

    expect(outcome).toMatchObject({ ok: false, problem: { reason, retry } })
    expect(receiver.received()).toEqual([])
  })

  test('a wait that it asks for is told', async () => {
    receiver.answers.push({ status: 429, headers: { 'retry-after': '7' } })

    const outcome = await deliver()

    expect(outcome.ok ? '' : outcome.problem.detail).toContain('7 s')
  })
})

test('a secret of the wrong form is named by its channel and never shown', async () => {
  const outcome = await deliver('not a webhook secret at all %%%')

  expect(outcome).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'never' } })
  expect(JSON.stringify(outcome)).not.toContain('%%%')
})

test('a receiver that is down may be asked again', async () => {
  await receiver.stop()

  expect(await deliver()).toMatchObject({
    ok: false,
    problem: { reason: 'unreachable', retry: 'safe' },
  })
})

function deliver(secret: string = TEST_WEBHOOK_SECRET) {
  const config = {
    name: 'hook',
    driver: 'webhook',
    url: receiver.url,
    secret: { env: 'HOOK_SECRET' },
    timeout: 5_000,
  } as const
  const channel = openWebhook(config, async () => yes(secret), systemClock)
  return channel.deliver(SAMPLE_MESSAGE, {
    effectId: SAMPLE_MESSAGE.id,
    signal: AbortSignal.timeout(10_000),
  })
}
