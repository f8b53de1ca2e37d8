import { Webhook } from 'standardwebhooks'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Channel as ChannelConfig } from '../../core/strategy/channels.ts'
import type { Channel } from '../../ports/channel.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { type HttpOutcome, httpExchange } from '../support/http-exchange.ts'
import { messageJson } from './message-line.ts'

type Config = Extract<ChannelConfig, { driver: 'webhook' }>

/** Of the answer only the status matters; the rest is read for the evidence. */
const ANSWER_BYTES_MAX = 4 * 1024

/**
 * Posts messages as JSON, signed after the Standard Webhooks specification: the receiver knows
 * them by `webhook-id`, which stays the same when a delivery is repeated, and drops repeats.
 */
export function openWebhook(config: Config, secrets: Secrets, clock: Clock): Channel {
  return {
    async deliver(message, ask) {
      const secret = await secrets(config.secret)
      if (!secret.ok) return secret
      const body = messageJson(message)
      const signed = sign(secret.value, message.id, clock.now(), body)
      if (signed === null) {
        return no(
          failure(
            'misconfigured',
            'never',
            `the secret of channel '${config.name}' is not a webhook secret: it should read whsec_ and base64`,
          ),
        )
      }
      const signal = AbortSignal.any([ask.signal, AbortSignal.timeout(config.timeout)])
      const headers = { 'content-type': 'application/json', 'user-agent': 'goaround', ...signed }
      const url = new URL(config.url)
      const outcome = await httpExchange(url, {
        method: 'POST',
        headers,
        body,
        signal,
        bodyBytesMax: ANSWER_BYTES_MAX,
      })
      return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300
        ? yes({ evidence: `${url.host} answered ${outcome.status}` })
        : no(trouble(url.host, outcome))
    },
    close: async () => undefined,
  }
}

function sign(
  secret: string,
  id: string,
  now: number,
  body: string,
): Record<string, string> | null {
  try {
    const signature = new Webhook(secret).sign(id, new Date(now), body)
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'webhook-signature': signature,
    }
  } catch {
    return null
  }
}

/** The classes follow https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. */
function trouble(host: string, outcome: HttpOutcome): DriverFailure {
  switch (outcome.kind) {
    case 'no-connection':
      return failure('unreachable', 'safe', `${host} could not be reached (${outcome.code})`)
    case 'broken':
      return failure(
        'unclear',
        'after-looking',
        `the connection to ${host} broke (${outcome.code})`,
      )
    case 'aborted':
      return failure('timed-out', 'after-looking', `${host} did not answer in time`)
    case 'answered':
      return refused(host, outcome.status, outcome.headers['retry-after'])
  }
}

function refused(host: string, status: number, retryAfter: string | undefined): DriverFailure {
  const later = retryAfter === undefined ? '' : ` and asks to wait ${retryAfter} s`
  const detail = `${host} answered ${status}${later}`
  if (status === 410) return failure('not-found', 'never', `${detail}: it wants no more messages`)
  if (status === 401 || status === 403)
    return failure('denied', 'never', `${detail}: check the signing secret`)
  if (status === 429) return failure('throttled', 'safe', detail)
  if (status >= 500) return failure('unclear', 'safe', detail)
  if (status >= 300 && status < 400)
    return failure(
      'misconfigured',
      'never',
      `${detail}: redirects are not followed, correct the URL`,
    )
  return failure('refused', 'never', detail)
}
