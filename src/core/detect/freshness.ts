import { type Instant, isoInstant, MINUTE, type Millis, sayDuration } from '../kernel/instant.ts'
import type { ArmWatch } from './metric-watch.ts'
import type { Arm } from './reading.ts'

/** Clocks that are kept in step differ by less; more than this is worth saying. */
const AHEAD_MAX: Millis = MINUTE

/**
 * Whether an arm's data is of now, by two clocks: the sample's own time, and when we saw it move. A
 * source whose clock runs ahead cannot look alive after it died, and one that repeats old samples
 * cannot look alive by answering.
 */
export function isFresh(
  { watermark, movedAt }: ArmWatch,
  staleAfter: Millis,
  now: Instant,
): boolean {
  if (watermark === null || movedAt === null) return false
  return now - movedAt <= staleAfter && now - watermark.at <= staleAfter
}

/** Whether a clock that ran ahead was put right: its mark lies in the future, and a newer count does not. */
export function clockWasPutRight(markAt: Instant, readingAt: Instant, now: Instant): boolean {
  return markAt > now + AHEAD_MAX && readingAt <= now
}

/** Which source fell silent about which arm, since when, and what is known about why. */
export function saySilence(
  { name, source }: { readonly name: string; readonly source: string },
  silent: { readonly arm: Arm; readonly watch: ArmWatch },
  staleAfter: Millis,
  now: Instant,
): string {
  const { arm, watch } = silent
  const what = `${name}: no fresh data of the ${arm} for more than ${sayDuration(staleAfter)}`
  const why = watch.absence === null ? '' : ` (${watch.absence})`
  return `${what}; ${sayState(source, watch, now)}${why}`
}

function sayState(source: string, { watermark, movedAt }: ArmWatch, now: Instant): string {
  if (watermark === null || movedAt === null)
    return `the source '${source}' has never shown any; look whether it measures this arm`
  const { at } = watermark
  if (at > now + AHEAD_MAX)
    return `the clock of the source '${source}' is ${sayDuration(at - now)} ahead, and it has shown nothing new since ${isoInstant(movedAt)}`
  const isMoving = movedAt > at && now - at > now - movedAt + AHEAD_MAX
  if (isMoving)
    return `the newest sample of the source '${source}' is of ${isoInstant(at)}: it lags, or its clock is slow`
  return `the source '${source}' has shown nothing new since ${isoInstant(movedAt)}`
}
