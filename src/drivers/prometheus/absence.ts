import { z } from 'zod'
import { type Instant, SECOND } from '../../core/kernel/instant.ts'
import type { Unread, Watch } from '../../ports/telemetry.ts'
import type { Api } from './api.ts'
import { partsOf } from './query-text.ts'
import { selectorsOf } from './selectors.ts'
import { vectorOf } from './vector.ts'

/** What was found out stays so for this long: looking into silence must not be more work than reading. */
const KNOWN_FOR_MS = 10 * SECOND
/** So many different silences are looked into at one reading; the next reading goes on. */
const LOOKS_MAX = 5
/** Targets that had the metric within this time are those that should have it now. */
const LOOK_BACK = '15m'
/** A person reads a few targets; the rest are the same story. */
const TARGETS_MAX = 3

const Target = z.object({ job: z.string().default(''), instance: z.string().default('') })

/** Says of watches without data what Prometheus knows about why. */
export type Absence = (watches: readonly Watch[], signal: AbortSignal) => Promise<readonly Unread[]>

/**
 * The dead-man's switch of a source that is itself alive: a metric is silent because its scrape target is down, or
 * because no series has these labels. A target counts as the metric's own when it exposed it lately.
 */
export function openAbsence(api: Api, source: string, now: () => Instant): Absence {
  const known = new Map<string, { readonly because: string; readonly until: Instant }>()

  return async (watches, signal) => {
    const unread: Unread[] = []
    let looks = 0
    for (const watch of watches) {
      const selector = selectorOf(watch)
      if (selector === null) continue
      const fresh = remembered(selector)
      if (fresh === null) looks += 1
      if (fresh === null && looks > LOOKS_MAX) continue
      const because = fresh ?? (await lookInto(selector, signal))
      unread.push({
        key: watch.key,
        kind: 'absent',
        because: `${watch.metric}: ${source}: ${because}`,
      })
    }
    return unread
  }

  function remembered(selector: string): string | null {
    const found = known.get(selector)
    return found !== undefined && found.until > now() ? found.because : null
  }

  async function lookInto(selector: string, signal: AbortSignal): Promise<string> {
    const because = (await downTargets(selector, signal)) ?? `no series answers ${selector}`
    for (const [old, { until }] of known) if (until <= now()) known.delete(old)
    known.set(selector, { because, until: now() + KNOWN_FOR_MS })
    return because
  }

  async function downTargets(selector: string, signal: AbortSignal): Promise<string | null> {
    const lately = `group by (job, instance) (last_over_time(${selector}[${LOOK_BACK}]))`
    const answer = await api(
      'query',
      { query: `(up == 0) and on (job, instance) ${lately}` },
      signal,
    )
    const targets = vectorOf(answer.ok ? answer.value : null)?.series ?? []
    if (targets.length === 0) return null
    const names = targets.slice(0, TARGETS_MAX).map(({ metric }) => {
      const { job, instance } = Target.parse(metric)
      return `${job}/${instance}`
    })
    const more = targets.length > TARGETS_MAX ? ` and ${targets.length - TARGETS_MAX} more` : ''
    return `the scrape of ${names.join(', ')}${more} fails (up == 0)`
  }
}

/** The selector by which the watch's series are found, with its labels filled in. */
function selectorOf(watch: Watch): string | null {
  const [first] = partsOf(watch)
  return first === undefined ? null : (selectorsOf(first[1])[0]?.text ?? null)
}
