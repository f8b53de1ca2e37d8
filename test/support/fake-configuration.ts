import { createHash } from 'node:crypto'
import { failure } from '../../src/core/kernel/failure.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Configuration } from '../../src/ports/configuration.ts'
import { type Faults, openFaults } from './fake-faults.ts'

export interface FakeConfiguration extends Configuration {
  readonly faults: Faults
  /** Changes a file behind everybody's back; null removes it. */
  readonly edit: (path: string, content: string | null) => void
  readonly contentOf: (path: string) => string | null
}

/** Files in memory, as slow and unreliable as they are told to be. */
export function fakeConfiguration(clock: Clock): FakeConfiguration {
  const faults = openFaults(clock)
  const files = new Map<string, string>()
  const kept = new Map<string, string>()
  const digestOf = (content: string) => createHash('sha256').update(content).digest('hex')
  const see = (path: string) => {
    const content = files.get(path)
    const digest = content === undefined ? null : digestOf(content)
    return { digest, evidence: `the fake ${path} has digest ${digest ?? 'none'}` }
  }
  return {
    faults,
    contentOf: (path) => files.get(path) ?? null,
    edit(path, content) {
      if (content === null) files.delete(path)
      else files.set(path, content)
    },
    observe: (path, signal) => faults.look(signal, () => see(path)),
    async keep(path, ask) {
      const outcome = await faults.carryOut(ask.signal, () => {
        const content = files.get(path)
        if (content !== undefined) kept.set(digestOf(content), content)
      })
      return outcome.ok ? yes(see(path)) : outcome
    },
    async restore(path, digest, ask) {
      const content = digest === null ? null : kept.get(digest)
      if (content === undefined) return no(failure('not-found', 'never', 'no such copy was kept'))
      return faults.carryOut(ask.signal, () => {
        if (content === null) files.delete(path)
        else files.set(path, content)
      })
    },
  }
}
