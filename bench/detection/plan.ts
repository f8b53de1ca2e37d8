import type { DetectorKind } from './detector.ts'
import { KINDS } from './kinds.ts'
import type { World } from './world.ts'
import { SECTION_NAMES, SECTIONS, type Section } from './worlds.ts'

/** How many rollouts each world gets. */
export interface Reps {
  readonly healthy: number
  readonly harder: number
  readonly failing: number
  /** For peers and oracles, in every world. */
  readonly peers: number
}

/** The short form shows that the bench works; the full form is for quoting. */
export const FORMS: Readonly<Record<'short' | 'usual' | 'full', Reps>> = {
  short: { healthy: 25, harder: 10, failing: 12, peers: 12 },
  usual: { healthy: 300, harder: 100, failing: 100, peers: 50 },
  full: { healthy: 2000, harder: 500, failing: 300, peers: 200 },
}

/** Rollouts of one world to be played one after the other, each watched by the same detectors. */
export interface Job {
  readonly world: string
  readonly kinds: readonly string[]
  readonly firstSeed: number
  readonly rollouts: number
}

/** The rollouts of one workload; few enough that two workers end at about the same time. */
const JOB_ROLLOUTS = 50

/** All that is to be played; every detector sees the first seeds, ours also the rest. `only` names detectors or worlds. */
export function jobsOf(reps: Reps, seed: number, only: readonly string[] = []): readonly Job[] {
  const kinds = KINDS.filter(({ name }) => only.includes(name)).map(({ name }) => name)
  return SECTION_NAMES.flatMap((section) => {
    const named = SECTIONS[section].filter(
      ({ name }) => only.includes(name) || only.includes(section),
    )
    const anyNamed = only.length > kinds.length
    return (anyNamed ? named : SECTIONS[section]).flatMap((world) =>
      jobsOfWorld(world, section, reps, seed, kinds),
    )
  })
}

function jobsOfWorld(
  world: World,
  section: Section,
  reps: Reps,
  seed: number,
  only: readonly string[],
): readonly Job[] {
  const kinds = KINDS.filter((kind) => watchesIt(kind, section)).filter(
    ({ name }) => only.length === 0 || only.includes(name),
  )
  const all = section === 'healthy' || section === 'harder' ? reps[section] : reps.failing
  const together = Math.min(reps.peers, all)
  const ours = kinds.filter(({ role }) => role === 'ours')
  return [...cut(kinds, 0, together), ...cut(ours, together, all)]

  function cut(watching: readonly DetectorKind[], from: number, to: number): readonly Job[] {
    if (watching.length === 0) return []
    const count = Math.max(0, Math.ceil((to - from) / JOB_ROLLOUTS))
    return Array.from({ length: count }, (_, k) => ({
      world: world.name,
      kinds: watching.map(({ name }) => name),
      firstSeed: seed + from + k * JOB_ROLLOUTS,
      rollouts: Math.min(JOB_ROLLOUTS, to - from - k * JOB_ROLLOUTS),
    }))
  }
}

/** A detector of errors is not asked about latency, and the other way round; both can be wrong in a healthy world. */
function watchesIt({ watches }: DetectorKind, section: Section): boolean {
  if (section === 'errors' || section === 'late') return watches !== 'latency'
  if (section === 'latency') return watches !== 'errors'
  return true
}
