import type { Injection } from '../../core/backtest/inject.ts'
import type { StaticThreshold } from '../../core/backtest/static-threshold.ts'
import { type Instant, MINUTE, type Millis, parseDuration } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Metric } from '../../core/strategy/schema.ts'
import { EXIT } from '../exit-codes.ts'
import type { Failure } from '../outcome.ts'

/** A threshold as pipelines often have it: one bad minute is bad luck, three are not. */
const THRESHOLD_USUAL: StaticThreshold = { successMin: 0.99, every: MINUTE, failuresMax: 2 }

/** A moment as people write it: ISO 8601 with its zone, or epoch seconds or milliseconds. */
export function readMoment(flag: string, text: string): Result<Instant, Failure> {
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) {
    const at = Date.parse(text.replace(' ', 'T'))
    if (!Number.isNaN(at)) return yes(at)
  }
  return wrong(`${flag} ${text}: expected a time with its zone, such as 2026-11-20T14:05:00Z`)
}

/** A length of time as people write it. */
export function readLength(flag: string, text: string): Result<Millis, Failure> {
  const length = parseDuration(text)
  return length === null
    ? wrong(`${flag} ${text}: expected a duration such as 30s, 10m or 1h`)
    : yes(length)
}

/** A fault to put in: `errors=5%@+10m`, `latency=1.5x@+10m`. */
export function readInjection(
  text: string,
  metrics: readonly Metric[],
): Result<Injection, Failure> {
  const [, name = '', number = '', unit, wait] =
    /^([a-z0-9-]+)=(\d+(?:\.\d+)?)(%|x)(?:@\+(\w+))?$/.exec(text) ?? []
  const metric = metrics.find((one) => one.name === name)
  const after = wait === undefined ? 0 : parseDuration(wait)
  const amount = unit === '%' ? Number(number) / 100 : Number(number)
  const expected =
    'such as errors=5%@+10m (a share of requests that fail) or latency=1.5x@+10m (as many times as slow), ten minutes after the start'
  if (unit === undefined || after === null)
    return wrong(`--inject ${text}: expected METRIC=AMOUNT@+TIME, ${expected}`)
  if (metric === undefined) {
    const names = metrics.map((one) => one.name).join(', ')
    return wrong(
      `--inject ${text}: '${name}' is no metric of the strategy that was recorded: expected one of ${names}`,
    )
  }
  const kind = unit === '%' ? 'errors' : 'latency'
  if (
    (kind === 'errors') !== (metric.kind === 'error-rate') ||
    (kind === 'latency') !== (metric.kind === 'latency')
  ) {
    return wrong(`--inject ${text}: a metric of kind ${metric.kind} cannot take it: ${expected}`)
  }
  const fits = kind === 'errors' ? amount > 0 && amount <= 1 : amount > 1 && amount <= 1000
  if (!fits)
    return wrong(
      `--inject ${text}: expected more than 0% and at most 100%, or more than 1x and at most 1000x`,
    )
  return yes({ metric: name, kind, amount, after })
}

/** A static threshold to compare with: `99%/1m/2` is 99 % good each minute, and more than two failing looks. */
export function readThreshold(text: string | undefined): Result<StaticThreshold, Failure> {
  if (text === undefined) return yes(THRESHOLD_USUAL)
  const [, share = '', time = '', failures = ''] =
    /^(\d+(?:\.\d+)?)%\/(\w+)\/(\d+)$/.exec(text) ?? []
  const every = parseDuration(time)
  const successMin = Number(share) / 100
  if (share === '' || every === null || every === 0 || successMin > 1) {
    return wrong(`--threshold ${text}: expected SUCCESS%/INTERVAL/FAILURES, such as 99%/1m/2`)
  }
  return yes({ successMin, every, failuresMax: Number(failures) })
}

/** A refusal of what was typed. */
export function wrong(says: string): { readonly ok: false; readonly problem: Failure } {
  return no({ exit: EXIT.usage, says })
}
