import { failure } from '../../core/kernel/failure.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Smoke } from '../../core/strategy/connections.ts'
import type { Answer, Ask } from '../../ports/driver.ts'
import type { ProbeTarget } from '../../ports/prober.ts'
import { commandEnvironment, hiddenValues } from '../support/command-environment.ts'
import { hide, lastLine } from '../support/last-line.ts'
import { fillPlaceholders } from '../support/placeholders.ts'
import { runCommand } from '../support/run-command.ts'
import { type Finding, failed, passed } from './finding.ts'
import { outOfTime } from './out-of-time.ts'

/** Test programs print much; this much is kept for their last line. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

/**
 * Runs a command against the candidate; exit code 0 passes. One that cannot be started is a
 * failure of ours, and one that does not end is a test that did not pass.
 */
export async function probeCommand(
  words: readonly string[],
  smoke: Smoke,
  target: ProbeTarget,
  ask: Ask,
): Answer<Finding> {
  const { endpoint, release, stack, group, workload } = target
  if (endpoint === null && words.some((word) => word.includes('{endpoint}'))) {
    const what = `smoke test '${smoke.name}' needs {endpoint}, and no instance of '${release}' on stack '${stack}' is known`
    return no(failure('not-found', 'safe', what))
  }
  const told = { ...(endpoint === null ? {} : { endpoint }), release, stack, group, workload }
  const added = {
    ...Object.fromEntries(
      Object.entries(told).map(([name, value]) => [`GOAROUND_${name.toUpperCase()}`, value]),
    ),
    GOAROUND_EFFECT_ID: ask.effectId,
  }
  const ran = await runCommand({
    argv: words.map((word) => fillPlaceholders(word, told)),
    cwd: process.cwd(),
    env: commandEnvironment(added),
    timeoutMs: smoke.timeout,
    signal: ask.signal,
    outputBytesMax: OUTPUT_BYTES_MAX,
  })
  const name = `command '${words[0] ?? ''}'`
  switch (ran.kind) {
    case 'exited': {
      if (ran.code === 0) return yes(passed(`${name} exited with 0`))
      const line = lastLine(ran.stderr) ?? lastLine(ran.stdout) ?? 'it printed nothing'
      return yes(failed(`${name} exited with ${ran.code}: ${hide(line, hiddenValues({}))}`))
    }
    case 'timed-out':
      return yes(failed(`${name} did not end within ${sayDuration(smoke.timeout)}`))
    case 'signalled':
      return yes(failed(`${name} was ended by ${ran.by}`))
    case 'too-loud':
      return yes(failed(`${name} printed more than ${OUTPUT_BYTES_MAX} bytes and was ended`))
    case 'aborted':
      return no(outOfTime(smoke))
    case 'not-found':
    case 'not-started': {
      const why = ran.kind === 'not-found' ? 'was not found or is not executable' : ran.why
      const what = `${name} of smoke test '${smoke.name}' ${why}; correct it in the strategy`
      return no(failure('misconfigured', 'never', what))
    }
  }
}
