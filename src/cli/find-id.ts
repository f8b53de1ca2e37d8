import type { RolloutSummary } from '../contract/rollout-summary.ts'
import type { Phase } from '../contract/rollout-view.ts'
import { RolloutId } from '../contract/shapes.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { type Failure, failed } from './outcome.ts'

/** Older rollouts than these are named in full. */
const PAGES_MAX = 5
const PAGE = 100
/** More names than this do not help to choose. */
const NAMES_MAX = 5

const OVER: readonly Phase[] = ['completed', 'mitigated', 'not-mitigated', 'superseded']

/**
 * Which rollout is meant. Nothing means the only active one; a name may be a whole id, the
 * beginning of exactly one, or a workload of which exactly one rollout is active.
 */
export async function findId(
  client: Client,
  name: string | undefined,
): Promise<Result<string, Failure>> {
  if (name === undefined) {
    const rows = await recent(client)
    return rows.ok ? onlyOne(rows.value.filter(isActive), 'is active') : rows
  }
  if (!RolloutId.safeParse(name).success)
    return failed(EXIT.usage, `'${name}' is not the id of a rollout: see 'goaround list'`)
  const exact = await client.call('getRollout', { params: { id: name } })
  if (exact.ok) return yes(exact.value.id)
  if (exact.problem.problem?.status !== 404) return exact
  const rows = await recent(client)
  if (!rows.ok) return rows
  const ofWorkload = rows.value.filter((row) => row.workload === name && isActive(row))
  if (ofWorkload.length === 1) return onlyOne(ofWorkload, '')
  const beginning = rows.value.filter(({ id }) => id.startsWith(name))
  return onlyOne(beginning, `begins with '${name}'`)
}

function isActive({ phase }: RolloutSummary): boolean {
  return !OVER.includes(phase)
}

async function recent(client: Client): Promise<Result<readonly RolloutSummary[], Failure>> {
  const rows: RolloutSummary[] = []
  let after: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = after === undefined ? { limit: PAGE } : { limit: PAGE, after }
    const found = await client.call('listRollouts', { query })
    if (!found.ok) return found
    rows.push(...found.value.items)
    if (found.value.next === null) break
    after = found.value.next
  }
  return yes(rows)
}

function onlyOne(rows: readonly RolloutSummary[], what: string): Result<string, Failure> {
  const [first, ...others] = rows
  if (first === undefined)
    return failed(EXIT.refused, `no rollout ${what}: name one; 'goaround list' shows them`)
  if (others.length === 0) return yes(first.id)
  const names = rows.slice(0, NAMES_MAX).map(({ id }) => id)
  const more = rows.length > NAMES_MAX ? ', …' : ''
  return no({
    exit: EXIT.usage,
    says: `more than one rollout ${what}: name one of ${names.join(', ')}${more}`,
  })
}
