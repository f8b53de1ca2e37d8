import { join } from 'node:path'
import { z } from 'zod'
import { BUCKETS } from '../../core/words/exposure-share.ts'
import { readIfThere, replaceFile } from '../support/durable-file.ts'

/** Who gets the candidate, as the process keeps it. */
export const Plan = z.object({
  control: z.string(),
  candidate: z.string(),
  buckets: z.int().min(0).max(BUCKETS),
  salt: z.string(),
  cohort: z.array(z.string()),
})
export type Plan = z.output<typeof Plan>

/** What must outlive a crash of the router process: with it, the next process serves as the last did. */
export const RouterState = z.object({
  /** `host:port` as it was really bound, also when port 0 was asked for. */
  listen: z.string(),
  /** Lower case; null when every request is drawn by itself. */
  subjectHeader: z.string().nullable(),
  endpoints: z.record(z.string(), z.array(z.string())),
  plan: Plan.nullable(),
})
export type RouterState = z.output<typeof RouterState>

/**
 * Reads what an earlier process left; null when there was none. Throws when it is unreadable: who
 * got which share is not to be guessed.
 */
export async function readRouterState(folder: string): Promise<RouterState | null> {
  const text = await readIfThere(stateFile(folder))
  if (text === null) return null
  try {
    return RouterState.parse(JSON.parse(text))
  } catch {
    const todo = 'remove it, start again, and send the traffic where it belongs'
    throw new Error(`${stateFile(folder)} is not what a router wrote; ${todo}`)
  }
}

/** Replaces the state so that a crash at any moment leaves the old or the new. */
export async function writeRouterState(folder: string, state: RouterState): Promise<void> {
  await replaceFile(stateFile(folder), `${JSON.stringify(state, null, 2)}\n`)
}

function stateFile(folder: string): string {
  return join(folder, 'state.json')
}
