import { failure } from '../../src/core/kernel/failure.ts'
import { no } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Flags } from '../../src/ports/flags.ts'
import { type Faults, openFaults } from './fake-faults.ts'

export interface FakeFlags extends Flags {
  readonly faults: Faults
  readonly variantOf: (key: string) => string | null
}

/** Flags in memory, each with its variants; slow and unreliable as they are told to be. */
export function fakeFlags(
  clock: Clock,
  start: Readonly<
    Record<string, { readonly variant: string | null; readonly variants: readonly string[] }>
  >,
): FakeFlags {
  const faults = openFaults(clock)
  const served = new Map(Object.entries(start).map(([key, { variant }]) => [key, variant]))
  const missing = (key: string) =>
    no(failure('not-found', 'never', `the fake has no flag '${key}'`))
  return {
    faults,
    variantOf: (key) => served.get(key) ?? null,
    async observe(key, signal) {
      if (!served.has(key)) return missing(key)
      return faults.look(signal, () => {
        const variant = served.get(key) ?? null
        return { variant, evidence: `the fake flag '${key}' is ${variant ?? 'disabled'}` }
      })
    },
    async set(key, variant, ask) {
      const flag = start[key]
      if (flag === undefined) return missing(key)
      if (variant !== null && !flag.variants.includes(variant)) {
        return no(
          failure(
            'not-found',
            'never',
            `flag '${key}' has no variant '${variant}'; it has ${flag.variants.join(', ')}`,
          ),
        )
      }
      return faults.carryOut(ask.signal, () => served.set(key, variant))
    },
  }
}
