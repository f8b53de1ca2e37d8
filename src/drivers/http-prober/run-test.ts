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
import { outOfTime } from './out-of-time.ts'

/** Test programs print much; this much is kept for their last line. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

/** A person reads no faster, and a load test prints thousands of lines a second. */
const PROGRESS_EVERY_MS = 500

/** What a test is told, where it may write, and who hears what it says. */
export interface TestRun {
  readonly smoke: Smoke
  readonly target: ProbeTarget
  readonly ask: Ask
  /** The folder for its results. */
  readonly results: string
  readonly saw: (says: string) => void
}

/** How a test program ended: `says` is its last line, without what must not be quoted. */
export type TestEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly says: string | null }
  /** It was stopped, or died of a signal; `why` is the end of a sentence. */
  | { readonly kind: 'stopped'; readonly why: string }

/** Fills the words of this run into a text. */
export function fillWords(text: string, { target, results }: TestRun): string {
  return fillPlaceholders(text, toldOf(target, results))
}

/**
 * Runs a test program to its end, with everything it started ended with it. One that cannot be
 * started is a failure of ours.
 */
export async function runTest(words: readonly string[], run: TestRun): Answer<TestEnd> {
  const { smoke, target, ask, results } = run
  if (target.endpoint === null && words.some((word) => word.includes('{endpoint}'))) {
    const what = `smoke test '${smoke.name}' needs {endpoint}, and no instance of '${target.release}' on stack '${target.stack}' is known`
    return no(failure('not-found', 'safe', what))
  }
  const added = Object.fromEntries(
    Object.entries(toldOf(target, results)).map(([name, value]) => [
      `GOAROUND_${name.toUpperCase()}`,
      value,
    ]),
  )
  const hidden = hiddenValues({})
  const ran = await runCommand({
    argv: words.map((word) => fillWords(word, run)),
    cwd: process.cwd(),
    env: commandEnvironment({ ...added, GOAROUND_EFFECT_ID: ask.effectId }),
    timeoutMs: smoke.timeout,
    signal: ask.signal,
    outputBytesMax: OUTPUT_BYTES_MAX,
    onOutput: progress(run.saw, hidden),
  })
  const name = `command '${words[0] ?? ''}'`
  switch (ran.kind) {
    case 'exited': {
      const line =
        ran.code === 0 ? lastLine(ran.stdout) : (lastLine(ran.stderr) ?? lastLine(ran.stdout))
      return yes({
        kind: 'exited',
        code: ran.code,
        says: line === null ? null : hide(line, hidden),
      })
    }
    case 'timed-out':
      return yes({ kind: 'stopped', why: `did not end within ${sayDuration(smoke.timeout)}` })
    case 'signalled':
      return yes({ kind: 'stopped', why: `was ended by ${ran.by}` })
    case 'too-loud':
      return yes({
        kind: 'stopped',
        why: `printed more than ${OUTPUT_BYTES_MAX} bytes and was ended`,
      })
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

function toldOf(target: ProbeTarget, results: string): Record<string, string> {
  const { endpoint, release, stack, group, workload } = target
  return { ...(endpoint === null ? {} : { endpoint }), release, stack, group, workload, results }
}

function progress(saw: (says: string) => void, hidden: readonly string[]): (chunk: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  return (chunk) => {
    const now = performance.now()
    if (now - toldAt < PROGRESS_EVERY_MS) return
    const line = lastLine(chunk)
    if (line === null) return
    toldAt = now
    saw(hide(line, hidden))
  }
}
