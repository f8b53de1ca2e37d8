import { type DriverFailure, failure } from '../core/kernel/failure.ts'
import type { Millis } from '../core/kernel/instant.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Clock } from '../ports/clock.ts'
import type { Readings, TelemetrySource, Watch } from '../ports/telemetry.ts'

/** Looks that come within this part of their interval share one query, which delays each by no more than that. */
const GATHER_PART = 20
/** A bake that looks every half a second gathers at least this long, so that the rollouts of one server meet. */
const GATHER_MIN_MS = 25
/** Longer would be felt by whoever watches. */
const GATHER_MAX_MS = 500
/** A source that takes longer than this is not answering. */
const READ_MAX_MS = 10_000

type Answered = Result<Readings, DriverFailure>

interface Waiting {
  readonly watches: readonly Watch[]
  readonly resolve: (answer: Answered) => void
}

/**
 * Reads telemetry for many rollouts at once: one call per source, however many ask. While a source
 * answers, whoever asks next waits for the call after it, so that a slow source is asked for more at
 * once and never by a growing crowd.
 */
export interface TelemetryBatch {
  /** `every` is how often the asker looks. */
  readonly read: (
    source: TelemetrySource,
    watches: readonly Watch[],
    every: Millis,
  ) => Promise<Answered>
}

export function batchTelemetry(clock: Clock): TelemetryBatch {
  const pending = new Map<TelemetrySource, Waiting[]>()
  const flushing = new Map<TelemetrySource, Promise<void>>()

  async function flush(source: TelemetrySource, gather: Millis, after: Promise<void> | undefined) {
    await clock.until(clock.now() + gather)
    await after
    const waiting = pending.get(source) ?? []
    pending.delete(source)
    const answer = await readInTime(
      source,
      waiting.flatMap(({ watches }) => watches),
    )
    const shares = sharesOf(answer)
    for (const { watches, resolve } of waiting) resolve(shares(watches))
  }

  async function readInTime(source: TelemetrySource, watches: readonly Watch[]): Promise<Answered> {
    const ended = new AbortController()
    const done = new AbortController()
    const late = clock.until(clock.now() + READ_MAX_MS, done.signal).then((): Answered => {
      ended.abort()
      return no(failure('timed-out', 'safe', 'the telemetry source did not answer in time'))
    })
    try {
      return await Promise.race([source.read(watches, ended.signal), late])
    } catch (error) {
      return no(failure('unclear', 'safe', `the telemetry source broke: ${String(error)}`))
    } finally {
      done.abort()
    }
  }

  return {
    read(source, watches, every) {
      return new Promise((resolve) => {
        const waiting = pending.get(source)
        if (waiting !== undefined) {
          waiting.push({ watches, resolve })
          return
        }
        pending.set(source, [{ watches, resolve }])
        const gather = Math.min(Math.max(every / GATHER_PART, GATHER_MIN_MS), GATHER_MAX_MS)
        const flushed = flush(source, gather, flushing.get(source)).finally(() => {
          if (flushing.get(source) === flushed) flushing.delete(source)
        })
        flushing.set(source, flushed)
      })
    },
  }
}

/** Gives each asker its own part of an answer, in time that grows with the answer and not with the askers. */
function sharesOf(answer: Answered): (watches: readonly Watch[]) => Answered {
  if (!answer.ok) return () => answer
  const readings = new Map(answer.value.readings.map((one) => [one.key, one]))
  const unread = new Map(answer.value.unread.map((one) => [one.key, one]))
  return (watches) =>
    yes({
      readings: watches.flatMap(({ key }) => readings.get(key) ?? []),
      unread: watches.flatMap(({ key }) => unread.get(key) ?? []),
    })
}
