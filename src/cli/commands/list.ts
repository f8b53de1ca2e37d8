import { type Command, InvalidArgumentError } from 'commander'
import type { RolloutSummary } from '../../contract/rollout-summary.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { phaseMark } from '../draw/draw-rollout.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import { type Session } from '../session.ts'

const LIMIT_MAX = 100
const LIMIT_USUAL = 20

/** Lists rollouts, newest first. */
export function addList(program: Command, run: Run): void {
  const command = program
    .command('list')
    .description('List the rollouts, newest first.')
    .option('--limit <n>', `how many, at most ${LIMIT_MAX}`, readLimit, LIMIT_USUAL)
    .option('--after <cursor>', 'go on behind an earlier page, by its "next"')
  run<{ limit: number; after?: string }>(command, async (session, { options }) => {
    const client = await session.client()
    if (!client.ok) return client
    const { limit, after } = options
    const query = after === undefined ? { limit } : { limit, after }
    const page = await client.value.call('listRollouts', { query })
    if (!page.ok) return page
    const { items, next } = page.value
    const more = next === null ? [] : [session.ink.dim(`more: goaround list --after ${next}`)]
    if (items.length === 0)
      return done(page.value, ["no rollouts yet: see 'goaround deploy --help'"])
    return done(page.value, [...table(items, session), ...more])
  })
}

function table(rows: readonly RolloutSummary[], { ink, io }: Session): readonly string[] {
  const width = (of: (row: RolloutSummary) => string) =>
    Math.max(...rows.map((row) => of(row).length))
  const ids = width(({ id }) => id)
  const releases = width(({ release }) => release)
  const now = io.clock.now()
  return rows.map((row) => {
    const phase = ' '.repeat(13 - row.phase.length)
    const ago = sayDuration(Math.max(0, now - row.startedAt))
    return `${row.id.padEnd(ids)}  ${row.release.padEnd(releases)}  ${phaseMark(row.phase, ink)}${phase}  ${ink.dim(`${ago} ago`)}`
  })
}

function readLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit
  throw new InvalidArgumentError(`expected a number from 1 to ${LIMIT_MAX}`)
}
