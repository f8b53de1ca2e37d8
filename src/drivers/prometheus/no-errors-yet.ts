import { z } from 'zod'
import { MINUTE, type Millis, SECOND } from '../../core/kernel/instant.ts'
import type { Api } from './api.ts'
import { type Selector, selectorsOf } from './selectors.ts'

/** What was proven stays so for this long: names of metrics and labels change with releases, not with ticks. */
const PROVEN_FOR_MS = 5 * MINUTE
/** What was not proven is looked at again sooner, because the first failure may prove it. */
const DOUBTED_FOR_MS = 10 * SECOND
/** A failure within this time proves that failures are counted under these names. */
const LOOK_BACK_MS: Millis = 24 * 60 * MINUTE

const Labels = z.object({ data: z.array(z.string()) })
const Metadata = z.object({ data: z.record(z.string(), z.unknown()) })

/** Whether an expression that found no series would have found errors, had there been any. */
export type NoErrorsYet = (expression: string, signal: AbortSignal) => Promise<boolean>

/**
 * A counter of errors is often born with the first error, so its absence can mean that all is well
 * or that a name is misspelt, and a misspelt name must not make every release look perfect. Absence
 * counts as zero only when Prometheus has lately had series of that metric with all the labels
 * that the expression matches, whatever their values, or when it knows the metric from its targets
 * and has no series of it at all.
 */
export function openNoErrorsYet(api: Api, now: () => number): NoErrorsYet {
  const known = new Map<string, { readonly proven: boolean; readonly until: number }>()
  return async (expression, signal) => {
    const selectors = selectorsOf(expression)
    if (selectors.length === 0) return false
    for (const selector of selectors) if (!(await isProven(selector, signal))) return false
    return true
  }

  async function isProven(selector: Selector, signal: AbortSignal): Promise<boolean> {
    const { metric, labels } = selector
    if (metric === null) return false
    const series = `${metric}{${labels.map((label) => `${label}!=""`).join(',')}}`
    const remembered = known.get(series)
    if (remembered !== undefined && remembered.until > now()) return remembered.proven
    const proven =
      (await hasSeries(series, signal)) ??
      ((await hasSeries(metric, signal)) === null && (await isExposed(metric, signal)))
    known.set(series, { proven, until: now() + (proven ? PROVEN_FOR_MS : DOUBTED_FOR_MS) })
    return proven
  }

  /** True, or null when there is none or when it could not be told. */
  async function hasSeries(series: string, signal: AbortSignal): Promise<true | null> {
    const start = String((now() - LOOK_BACK_MS) / SECOND)
    const labels = await api('labels', { 'match[]': series, start }, signal)
    const answer = Labels.safeParse(labels.ok ? labels.value : null)
    return answer.success && answer.data.data.length > 0 ? true : null
  }

  async function isExposed(metric: string, signal: AbortSignal): Promise<boolean> {
    const metadata = await api('metadata', { metric }, signal)
    const answer = Metadata.safeParse(metadata.ok ? metadata.value : null)
    return answer.success && Object.hasOwn(answer.data.data, metric)
  }
}
