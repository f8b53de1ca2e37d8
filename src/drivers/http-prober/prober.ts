import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Smoke } from '../../core/strategy/connections.ts'
import type { Answer, Ask } from '../../ports/driver.ts'
import type { Prober, ProbeTarget } from '../../ports/prober.ts'
import { type Finding, passed } from './finding.ts'
import { outOfTime } from './out-of-time.ts'
import { probeCommand } from './probe-command.ts'
import { probeHttp } from './probe-http.ts'

/**
 * Runs smoke tests over HTTP and by command. One with both parts passes when both do. How often it
 * is tried is the caller's.
 */
export function openHttpProber(): Prober {
  return {
    async probe(smoke, target, ask) {
      const begun = performance.now()
      const found = await findingOf(smoke, target, ask)
      return found.ok ? yes({ ...found.value, tookMs: performance.now() - begun }) : found
    },
  }
}

async function findingOf(smoke: Smoke, target: ProbeTarget, ask: Ask): Answer<Finding> {
  const { http, command } = smoke
  const parts = [
    ...(http === undefined ? [] : [() => probeHttp(http, smoke, target, ask)]),
    ...(command === undefined ? [] : [() => probeCommand(command, smoke, target, ask)]),
  ]
  if (parts.length === 0) {
    const what = `smoke test '${smoke.name}' has neither 'http' nor 'command'`
    return no(failure('misconfigured', 'never', what))
  }
  const said: string[] = []
  for (const part of parts) {
    if (ask.signal.aborted) return no(outOfTime(smoke))
    const found = await part()
    if (!found.ok || !found.value.passed) return found
    said.push(found.value.because)
  }
  return yes(passed(said.join('; ')))
}
