import { type DriverFailure, failure } from '../../src/core/kernel/failure.ts'
import type { Instant, Millis } from '../../src/core/kernel/instant.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Answer } from '../../src/ports/driver.ts'

/** What the next call meets. Only the last two act at all. */
export type Fault =
  | { readonly kind: 'fail'; readonly failure: DriverFailure }
  | { readonly kind: 'time-out' }
  | { readonly kind: 'time-out-after-acting' }
  /** As when a network repeats a request: it is carried out twice and answered once. */
  | { readonly kind: 'act-twice' }

/** The weather in which a fake lives. Everything goes by the clock it was given. */
export interface Faults {
  /** Faults of the coming effects, first come first met. */
  readonly next: Fault[]
  /** Faults of the coming looks; only `fail` and `time-out` mean anything there. */
  readonly nextLook: Fault[]
  /** How long an effect takes until it can be seen. */
  lagMs: Millis
  /** How long an answer takes. */
  answerMs: Millis
  /** How long a call that times out takes, unless its signal ends it before. */
  timeOutMs: Millis
  /** Effects that were carried out, counting repeats. */
  readonly acted: () => number
  readonly carryOut: (signal: AbortSignal, act: (visibleAt: Instant) => void) => Answer<null>
  readonly look: <Value>(signal: AbortSignal, read: (now: Instant) => Value) => Answer<Value>
}

/** Fair weather, until a test changes it. */
export function openFaults(clock: Clock): Faults {
  let acted = 0
  const faults: Faults = {
    next: [],
    nextLook: [],
    lagMs: 0,
    answerMs: 0,
    timeOutMs: 30_000,
    acted: () => acted,
    async carryOut(signal, act) {
      const fault = faults.next.shift()
      if (signal.aborted || fault?.kind === 'time-out') return timeOut(signal, 'after-looking')
      if (fault?.kind === 'fail') return no(fault.failure)
      for (let times = fault?.kind === 'act-twice' ? 2 : 1; times > 0; times -= 1) {
        acted += 1
        act(clock.now() + faults.lagMs)
      }
      if (fault?.kind === 'time-out-after-acting') return timeOut(signal, 'after-looking')
      return answer(signal, null, 'after-looking')
    },
    async look(signal, read) {
      const fault = faults.nextLook.shift()
      if (signal.aborted || fault?.kind === 'time-out') return timeOut(signal, 'safe')
      if (fault?.kind === 'fail') return no(fault.failure)
      return answer(signal, read(clock.now()), 'safe')
    },
  }
  return faults

  async function answer<Value>(
    signal: AbortSignal,
    value: Value,
    retry: DriverFailure['retry'],
  ): Answer<Value> {
    if (faults.answerMs > 0) await clock.until(clock.now() + faults.answerMs, signal)
    return signal.aborted ? timedOut(retry) : yes(value)
  }

  async function timeOut(signal: AbortSignal, retry: DriverFailure['retry']) {
    await clock.until(clock.now() + faults.timeOutMs, signal)
    return timedOut(retry)
  }
}

function timedOut(retry: DriverFailure['retry']) {
  return no(failure('timed-out', retry, 'the fake did not answer in time'))
}
