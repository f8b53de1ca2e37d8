import { failure } from '../../src/core/kernel/failure.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { ProbeOutcome, Prober, ProbeTarget } from '../../src/ports/prober.ts'
import { type Faults, openFaults } from './fake-faults.ts'

export interface FakeProber extends Prober {
  readonly faults: Faults
  /** Decides whether a test passes; everything does, until told otherwise. */
  judge: (smoke: string, target: ProbeTarget) => boolean
  /** Every test that was run, in order: `name@release`. */
  readonly ran: () => readonly string[]
}

/** Smoke tests in memory, whose candidates are as good as they are told to be. */
export function fakeProber(clock: Clock): FakeProber {
  const faults = openFaults(clock)
  const ran: string[] = []
  const prober: FakeProber = {
    faults,
    judge: () => true,
    ran: () => ran,
    async prove(_version, { release, endpoints }) {
      if (endpoints.length === 0) return no(failure('not-found', 'safe', 'nobody can be asked'))
      return yes({ says: `the fake runs ${release}` })
    },
    async probe(smoke, target, ask) {
      const begun = clock.now()
      let passed = false
      const outcome = await faults.carryOut(ask.signal, () => {
        ran.push(`${smoke.name}@${target.release}`)
        passed = prober.judge(smoke.name, target)
      })
      if (!outcome.ok) return outcome
      const because = `the fake '${smoke.name}' ${passed ? 'passed' : 'failed'}`
      const verdict = passed ? 'pass' : 'fail'
      const tookMs = clock.now() - begun
      return yes<ProbeOutcome>({ verdict, because, counts: null, artefacts: [], tookMs })
    },
  }
  return prober
}
