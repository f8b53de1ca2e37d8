import { MINUTE } from '../../src/core/kernel/instant.ts'
import { normal, type Random, stream } from './random.ts'
import type { World } from './world.ts'

/** One host: what it does to error rates and latencies, as factors. */
export interface Host {
  /** The factor on the error rate in the given second, cold start and noise together. */
  readonly errors: (seconds: number) => number
  /** The factor on latencies in the given second. */
  readonly latency: (seconds: number) => number
}

/**
 * Makes the hosts of one side: `bornSeconds` is when their processes started, or null for ones
 * that have been up for long. The noise of a host depends on its name and the seed alone, so that an
 * old host is the same before the rollout and during it.
 */
export function makeHosts(
  world: World,
  name: string,
  count: number,
  bornSeconds: number | null,
  seed: number,
): readonly Host[] {
  return Array.from({ length: count }, (_, k) => {
    const random = stream(`${world.name}/host/${name}/${k}`, seed)
    const lasting = Math.exp(world.noise.lasting * normal(random))
    const speed = Math.exp(world.noise.latency * normal(random))
    const passing = passingNoise(world.noise.passing, `${world.name}/${name}/${k}`, seed)
    return {
      errors: (seconds) =>
        lasting * passing(seconds) * warming(world, bornSeconds, seconds, 'errors'),
      latency: (seconds) => speed * warming(world, bornSeconds, seconds, 'latency'),
    }
  })
}

function passingNoise(sigma: number, name: string, seed: number): (seconds: number) => number {
  if (sigma === 0) return () => 1
  let minute = Number.NaN
  let factor = 1
  return (seconds) => {
    const now = Math.floor((seconds * 1000) / MINUTE)
    if (now !== minute) {
      minute = now
      factor = Math.exp(sigma * normal(minuteStream(name, seed, now)))
    }
    return factor
  }
}

function minuteStream(name: string, seed: number, minute: number): Random {
  return stream(`${name}/minute/${minute}`, seed)
}

function warming(
  { coldStart }: World,
  born: number | null,
  seconds: number,
  what: 'errors' | 'latency',
): number {
  if (coldStart === null || born === null) return 1
  const age = (seconds - born) * 1000
  return age >= 0 && age < coldStart.forMs ? coldStart[what] : 1
}
