import { KINDS } from './kinds.ts'
import type { Job } from './plan.ts'
import { type Outcome, play } from './play.ts'
import { worldNamed } from './worlds.ts'

/** What came of a job: outcomes by detector, in the order of the seeds. */
export type JobOutcomes = Readonly<Record<string, readonly Outcome[]>>

/** Plays all rollouts of one job; they are of one workload, which has one past. */
export function playJob({ world, kinds, firstSeed, rollouts }: Job): JobOutcomes {
  const watching = KINDS.filter(({ name }) => kinds.includes(name))
  const played = Array.from({ length: rollouts }, (_, k) =>
    play(worldNamed(world), firstSeed + k, firstSeed, watching),
  )
  return Object.fromEntries(
    watching.map(({ name }, k) => [name, played.flatMap((outcomes) => outcomes[k] ?? [])]),
  )
}
