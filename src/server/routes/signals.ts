import { may } from '../../contract/permissions.ts'
import type { SignalsTaken } from '../../contract/signals.ts'
import { faultOfAlert } from '../../core/attribute/fault-of-alert.ts'
import { DAY } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { signalsFromAlertmanager } from '../../core/signal/from-alertmanager.ts'
import { signalFromAzureMonitor } from '../../core/signal/from-azure-monitor.ts'
import { signalFromWebhook } from '../../core/signal/from-webhook.ts'
import { instantFrom } from '../../core/signal/instant-from.ts'
import type { Signal } from '../../core/signal/signal.ts'
import type { SignalWebhook } from '../../core/strategy/alerts.ts'
import type { AttributionDesk } from '../../engine/attribution-desk.ts'
import type { From } from '../../engine/control.ts'
import type { Ask } from '../answers.ts'
import type { Handlers } from '../calls.ts'
import type { ServerParts } from '../parts.ts'
import type { Trouble } from '../problems.ts'
import { readCloudEvent } from './cloud-event.ts'
import { isSigned } from './signed.ts'

/** How far back people see signals that no rollout was given. */
const UNBOUND_DAYS = 7
/** More than this are not read by anybody; the newest are shown. */
const UNBOUND_MAX = 500

type SignalHandlers = Pick<
  Handlers,
  | 'takeAlertmanager'
  | 'takeAzureMonitor'
  | 'takeWebhook'
  | 'takeHeartbeat'
  | 'takeReport'
  | 'listSignals'
>

/** What other systems and users say about the health of what is rolled out. */
export function signalHandlers(parts: ServerParts, desk: AttributionDesk): SignalHandlers {
  const { control, clock } = parts

  async function take(
    signals: readonly Signal[],
    from: From,
  ): Promise<Result<SignalsTaken, Trouble>> {
    const taken = await control.takeSignals(signals, from)
    if (!taken.ok) return taken
    const faults = signals.flatMap((signal, k) => {
      const isNobodys = taken.value[k]?.kept === true && taken.value[k].rollout === null
      const fault = isNobodys && signal.status === 'firing' ? faultOfAlert(signal) : null
      return fault === null ? [] : [fault]
    })
    // What names no rollout may still be caused by one.
    if (faults.length > 0) await desk.take({ faults })
    return yes({ signals: [...taken.value] })
  }

  return {
    takeAlertmanager: ({ body, query: { source = 'alertmanager' }, from }) =>
      take(signalsFromAlertmanager(body, source, clock.now()), from),
    takeAzureMonitor: ({ body, query: { source = 'azure-monitor' }, from }) =>
      take([signalFromAzureMonitor(body, source, clock.now())], from),
    async takeWebhook({ params: { name }, body, text, from }, c) {
      const webhooks = await control.webhooks(name)
      // Whoever shows neither token nor signature does not learn which names there are.
      if (webhooks.length === 0)
        return no({ code: from.actor.roles.length === 0 ? 'bad-signature' : 'no-such-webhook' })
      const trusted = await trustedOf(webhooks, text, from, c, parts)
      if (!trusted.ok) return trusted
      const signals: Signal[] = []
      for (const webhook of trusted.value) {
        const signal = readEvent(webhook, body, c, clock.now())
        if (!signal.ok) return signal
        if (signal.value !== null) signals.push(signal.value)
      }
      await control.heard(name)
      return take(signals, from)
    },
    async takeHeartbeat({ params: { source } }) {
      await control.heard(source)
      return yes({ source, at: clock.now() })
    },
    takeReport: ({ body: { workload, user, says, at }, from }) =>
      control.takeReport({ workload, user, says, occurredAt: at ?? null }, from),
    async listSignals() {
      const now = clock.now()
      const found = await control.unboundSignals(now - UNBOUND_DAYS * DAY, now)
      const items = found.map(({ signal, because }) => ({ ...signal, because }))
      return yes({ items: items.toReversed().slice(0, UNBOUND_MAX) })
    },
  }
}

/**
 * The webhooks whose sender is known: by their signature, or, where a webhook has no secret, by a
 * token that may report. Workloads may share a name and still have secrets of their own.
 */
async function trustedOf(
  webhooks: readonly SignalWebhook[],
  text: string,
  { actor }: From,
  c: Ask,
  { secrets }: ServerParts,
): Promise<Result<readonly SignalWebhook[], Trouble>> {
  const trusted: SignalWebhook[] = []
  let trouble: Trouble = { code: 'bad-signature' }
  for (const webhook of webhooks) {
    if (webhook.secret === undefined) {
      if (may(actor.roles, 'report')) trusted.push(webhook)
      else trouble = { code: actor.roles.length === 0 ? 'unauthenticated' : 'forbidden' }
      continue
    }
    const signed = await isSigned(c, text, webhook.secret, secrets)
    if (!signed.ok) trouble = signed.problem
    else if (signed.value) trusted.push(webhook)
  }
  return trusted.length === 0 ? no(trouble) : yes(trusted)
}

function readEvent(
  webhook: SignalWebhook,
  body: unknown,
  c: Ask,
  now: number,
): Result<Signal | null, Trouble> {
  const event = webhook.format === 'cloudevents' ? readCloudEvent(c, body) : yes(body)
  if (!event.ok) return event
  const { value } = event
  const written: unknown =
    webhook.format === 'cloudevents' ? Object(value).time : Object(value).timestamp
  const signal = signalFromWebhook(webhook, value, instantFrom(written), now)
  if (signal.ok) return signal
  const { field, message } = signal.problem
  return no({
    code: 'bad-request',
    detail: `webhook "${webhook.name}" could not read the event`,
    problems: [{ path: field, message }],
  })
}
