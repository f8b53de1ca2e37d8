import { RolloutSummary } from '../../contract/rollout-summary.ts'
import { no, yes } from '../../core/kernel/result.ts'
import { inspectStrategy } from '../../core/strategy/read-strategy.ts'
import type { Handlers } from '../calls.ts'
import type { ServerParts } from '../parts.ts'
import { eventViewOf } from '../views/event-view-of.ts'
import { findingsOf } from '../views/findings-of.ts'
import { tellTimeline } from '../views/tell-timeline.ts'
import { findRollout } from './find-rollout.ts'

type RolloutHandlers = Pick<
  Handlers,
  'lint' | 'startRollout' | 'listRollouts' | 'getRollout' | 'getEvents' | 'getTimeline'
>

/** Begins rollouts, and answers what is known of them. */
export function rolloutHandlers(parts: ServerParts): RolloutHandlers {
  const { control, clock } = parts
  return {
    async lint({ body: { strategy: text, fileName } }) {
      const { strategy, problems } = inspectStrategy(text, fileName, clock.now())
      return yes({ valid: strategy !== null, problems: findingsOf(problems) })
    },

    async startRollout({ body: { strategy: text, fileName, release, hotfixFor }, from }) {
      const { strategy, problems } = inspectStrategy(text, fileName)
      if (strategy === null) {
        const errors = problems.filter(({ severity }) => severity === 'error')
        return no({ code: 'bad-strategy', problems: findingsOf(errors) })
      }
      const outcome = await control.start({ strategy, release, hotfixFor }, from)
      return outcome.ok ? yes({ id: outcome.value.id }) : no(outcome.problem)
    },

    async listRollouts({ query: { after, limit } }) {
      // One more than asked for tells whether there is another page.
      const rows = await control.list({ after: after ?? null, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const items = page.map(({ summary }) => RolloutSummary.parse(summary))
      return yes({ items, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null })
    },

    getRollout: ({ params }) => findRollout(parts, params.id),

    async getEvents({ params, query: { after, limit } }) {
      const history = await control.history(params.id)
      if (history.length === 0) return no({ code: 'not-found' })
      const from = after === undefined ? 0 : Number(after)
      if (!Number.isInteger(from) || from < 0) {
        const message = 'expected the "next" of an earlier page'
        return no({ code: 'bad-request', problems: [{ path: 'after', message }] })
      }
      const items = history.slice(from, from + limit).map(eventViewOf)
      return yes({ items, next: from + limit < history.length ? String(from + limit) : null })
    },

    async getTimeline({ params }) {
      const history = await control.history(params.id)
      return history.length === 0
        ? no({ code: 'not-found' })
        : yes({ entries: [...tellTimeline(history)] })
    },
  }
}
