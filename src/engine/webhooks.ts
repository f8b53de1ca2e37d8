import { z } from 'zod'
import { SignalWebhook } from '../core/strategy/alerts.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import type { EventStore, View } from '../ports/event-store.ts'

/** More workloads than this do not share one name for their webhook. */
const SAME_NAME_MAX = 100
const KIND = 'webhook'
/** Behind every character that a workload's name may have. */
const LAST = '~'

const Row = z.object({ workload: z.string(), webhook: SignalWebhook })

/**
 * Where a strategy says how other systems' events are read, kept beyond the end of its rollout: a
 * sender does not know when a rollout is under way, and must not be told that nobody is there.
 */
export function webhookViews({ workload, detection }: Strategy): readonly View[] {
  return detection.alerts.webhooks.map((webhook) => ({
    kind: KIND,
    id: `${webhook.name}/${workload.name}`,
    summary: { workload: workload.name, webhook },
  }))
}

/** The webhooks of this name: of each workload the one that its latest strategy declares. */
export async function webhooksNamed(
  store: EventStore,
  name: string,
): Promise<readonly SignalWebhook[]> {
  const page = { after: `${name}/${LAST}`, limit: SAME_NAME_MAX }
  const rows = await store.list(KIND, page)
  return rows
    .filter(({ id }) => id.startsWith(`${name}/`))
    .flatMap(({ summary }) => {
      const row = Row.safeParse(summary)
      return row.success ? [row.data['webhook']] : []
    })
}
