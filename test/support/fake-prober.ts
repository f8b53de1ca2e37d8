import { yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Prober, ProbeTarget } from '../../src/ports/prober.ts'
import { type Faults, openFaults } from './fake-faults.ts'

export interface FakeProber extends Prober {
  readonly faults: Faults
  readonly probed: () => readonly ProbeTarget[]
}

/** Smoke tests in memory: a release passes them unless it is named as failing. */
export function fakeProber(clock: Clock, fails: (target: ProbeTarget) => boolean): FakeProber {
  const faults = openFaults(clock)
  const probed: ProbeTarget[] = []
  return {
    faults,
    probed: () => probed,
    async probe(smoke, target, ask) {
      const ran = await faults.carryOut(ask.signal, () => void probed.push(target))
      if (!ran.ok) return ran
      const passed = !fails(target)
      const because = `the fake test '${smoke.name}' ${passed ? 'passed' : 'failed'} on ${target.stack}`
      return yes({ passed, because, tookMs: 1 })
    },
  }
}
