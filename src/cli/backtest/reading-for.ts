import { type Result, yes } from '../../core/kernel/result.ts'
import type { Strategy } from '../../core/strategy/schema.ts'
import type { Failure } from '../outcome.ts'
import type { Reading } from '../recording/read-recording.ts'
import { readLength, wrong } from './read-options.ts'

/** Which arm is which in an export, as it was typed. */
export interface ArmOptions {
  readonly candidate?: string
  readonly candidateRelease?: string
  readonly controlRelease?: string
  readonly lag?: string
}

/** What must be known to find the two arms in exported series. The first stack of a strategy serves, the second receives. */
export function readingFor(
  { workload, detection }: Strategy,
  options: ArmOptions,
): Result<Reading, Failure> {
  const { stacks, name } = workload
  const [serving, receiving] = stacks
  const candidate = options.candidate ?? receiving
  if (!stacks.some((stack) => stack === candidate)) {
    return wrong(
      `--candidate ${candidate}: expected a stack of the strategy, ${stacks.join(' or ')}`,
    )
  }
  const control = candidate === serving ? receiving : serving
  const lag = options.lag === undefined ? yes(0) : readLength('--lag', options.lag)
  if (!lag.ok) return lag
  return yes({
    metrics: detection.metrics,
    lag: lag.value,
    labels: {
      candidate: { workload: name, stack: candidate, release: options.candidateRelease ?? null },
      control: { workload: name, stack: control, release: options.controlRelease ?? null },
    },
  })
}
