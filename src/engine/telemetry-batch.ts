import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Clock } from '../ports/clock.ts'
import type { Reading, TelemetrySource, Watch } from '../ports/telemetry.ts'

/** Requests that come within this time share one query; a bake looks every half a second at the soonest. */
const GATHER_MS = 25
/** A source that takes longer than this is not answering. */
const READ_MAX_MS = 10_000

type Answered = Result<readonly Reading[], DriverFailure>

interface Waiting {
  readonly watches: readonly Watch[]
  readonly resolve: (answer: Answered) => void
}

/** Reads telemetry for many rollouts at once: one query per source, however many ask. */
export interface TelemetryBatch {
  readonly read: (source: TelemetrySource, watches: readonly Watch[]) => Promise<Answered>
}

export function batchTelemetry(clock: Clock): TelemetryBatch {
  const pending = new Map<TelemetrySource, Waiting[]>()

  async function flush(source: TelemetrySource): Promise<void> {
    await clock.until(clock.now() + GATHER_MS)
    const waiting = pending.get(source) ?? []
    pending.delete(source)
    const ended = new AbortController()
    const done = new AbortController()
    const timer = clock.until(clock.now() + READ_MAX_MS, done.signal).then(() => ended.abort())
    const answer = await source.read(
      waiting.flatMap(({ watches }) => watches),
      ended.signal,
    )
    done.abort()
    await timer
    for (const { watches, resolve } of waiting) resolve(shareOf(answer, watches))
  }

  return {
    read(source, watches) {
      return new Promise((resolve) => {
        const waiting = pending.get(source)
        if (waiting !== undefined) {
          waiting.push({ watches, resolve })
          return
        }
        pending.set(source, [{ watches, resolve }])
        flush(source).catch((error: unknown) => {
          resolve(no(failure('unclear', 'safe', `the telemetry source broke: ${String(error)}`)))
        })
      })
    },
  }
}

function shareOf(answer: Answered, watches: readonly Watch[]): Answered {
  if (!answer.ok) return answer
  const keys = new Set(watches.map(({ key }) => key))
  return yes(answer.value.filter(({ key }) => keys.has(key)))
}
