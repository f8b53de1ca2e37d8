import { type Instant, isoInstant, sayDuration } from '../kernel/instant.ts'
import type { RolloutEvent } from './events.ts'
import type { Rollout } from './state.ts'

type Heartbeat = Rollout['strategy']['detection']['alerts']['heartbeats'][number]

/**
 * What follows from listening to the sources that promised a heartbeat. Only a change is a fact: one
 * that falls silent, and one that is heard again.
 */
export function listened(
  rollout: Rollout,
  heard: Readonly<Record<string, Instant | null>>,
  now: Instant,
): readonly RolloutEvent[] {
  const { heartbeats } = rollout.strategy.detection.alerts
  return heartbeats.flatMap((heartbeat): readonly RolloutEvent[] => {
    const { source, every } = heartbeat
    const since = heard[source] ?? null
    const isHeard = since !== null && now - since <= every
    if (rollout.sources[source]?.isHeard === isHeard) return []
    if (isHeard) {
      const because = `${source} is heard, as promised every ${sayDuration(every)}`
      return [{ type: 'source.heard', data: { source, because, at: now } }]
    }
    const because = saySilence(heartbeat, since)
    return [{ type: 'source.silent', data: { source, since, because, at: now } }]
  })
}

/** What is to be said of each source that should be heard and is not; one that was not listened for yet is not heard either. */
export function silentSources(rollout: Rollout): readonly string[] {
  return rollout.strategy.detection.alerts.heartbeats.flatMap(({ source }) => {
    const hearing = rollout.sources[source]
    if (hearing === undefined) return [`the heartbeat of ${source} has not been listened for yet`]
    return hearing.isHeard ? [] : [hearing.because]
  })
}

function saySilence({ source, every }: Heartbeat, since: Instant | null): string {
  const promised = `a heartbeat is promised every ${sayDuration(every)}`
  if (since === null)
    return `${source} has never been heard (${promised}), so what it would say is unknown`
  return `${source} is silent since ${isoInstant(since)} (${promised}), so what it would say is unknown`
}
