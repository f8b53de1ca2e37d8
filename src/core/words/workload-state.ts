import { z } from 'zod'
import { digestOf } from '../kernel/hash.ts'

/** What one stack runs of one component; `release` is null when nothing is there. */
const Running = z.object({
  release: z.string().nullable(),
  replicas: z.number().int().nonnegative(),
})

/**
 * The whole state of a workload at one moment, plane by plane: what runs where and how much of
 * it, who is sent where, which variant each flag serves, and what the configuration holds. This
 * is what "last known good" means here; a version string alone would not bring it back.
 */
export const WorkloadState = z.object({
  /** stack → component → what runs there. */
  stacks: z.record(z.string(), z.record(z.string(), Running)),
  /** stack → buckets of 10,000 that it serves. */
  routing: z.record(z.string(), z.number().int().nonnegative()),
  /** `file#key` → variant, or null when the flag is disabled. */
  flags: z.record(z.string(), z.string().nullable()),
  /** path → SHA-256 of its content, or null when there is no such file. */
  configuration: z.record(z.string(), z.string().nullable()),
})
export type WorkloadState = z.output<typeof WorkloadState>

/** One place where two states differ, in words. */
export interface Difference {
  readonly plane: 'release' | 'scale' | 'routing' | 'flags' | 'configuration'
  readonly what: string
}

/** Every difference between the state that is wanted and the one that was seen. */
export function differences(wanted: WorkloadState, seen: WorkloadState): readonly Difference[] {
  const found: Difference[] = []
  for (const [stack, components] of Object.entries(wanted.stacks)) {
    for (const [component, want] of Object.entries(components)) {
      const have = seen.stacks[stack]?.[component] ?? { release: null, replicas: 0 }
      if (have.release !== want.release) {
        const what = `${component} on ${stack} runs ${have.release ?? 'nothing'} instead of ${want.release ?? 'nothing'}`
        found.push({ plane: 'release', what })
      } else if (have.replicas < want.replicas) {
        const what = `${component} on ${stack} has ${have.replicas} of ${want.replicas} instances`
        found.push({ plane: 'scale', what })
      }
    }
  }
  found.push(...unequal('routing', wanted.routing, seen.routing))
  found.push(...unequal('flags', wanted.flags, seen.flags))
  found.push(...unequal('configuration', wanted.configuration, seen.configuration))
  return found
}

/** Identifies a state: equal states have equal digests. */
export function stateDigest(state: WorkloadState): string {
  return digestOf(state)
}

function unequal(
  plane: Difference['plane'],
  wanted: Readonly<Record<string, string | number | null>>,
  seen: Readonly<Record<string, string | number | null>>,
): readonly Difference[] {
  return Object.entries(wanted)
    .filter(([name, value]) => (seen[name] ?? null) !== value)
    .map(([name, value]) => ({
      plane,
      what: `${name} is ${seen[name] ?? 'unset'} instead of ${value ?? 'unset'}`,
    }))
}
