import { join } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Platform, StackWant } from '../../ports/platform.ts'
import { hiddenValues } from '../support/command-environment.ts'
import { hide, lastLineOfFile, shorten } from '../support/last-line.ts'
import { withStateTrouble } from '../support/state-trouble.ts'
import { takeTurn } from '../support/turn.ts'
import { type Changed, runChange, waitForEarlier } from './change.ts'
import { commandLine, type ExecConfig, type Told } from './command-words.ts'
import { commandMissing, lookByCommand, type State } from './look.ts'

/** Names that are safe in a path; the strategy allows no others. */
const SAFE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

type At = Pick<StackWant, 'workload' | 'component' | 'stack'>
type Verb = 'deploy' | 'scale' | 'undo'

/**
 * Operates one component by commands of the operator. It looks before it acts, runs one changing
 * command per stack at a time, whichever server started it, and believes `state` and nothing else.
 */
export function openExec({
  config,
  stateDir,
}: {
  readonly config: ExecConfig
  /** Traces are kept under workload, component and stack, so that all may share one folder. */
  readonly stateDir: string
}): Platform {
  return {
    async apply(want, ask) {
      const folder = folderOf(stateDir, want)
      if (folder === null) return no(badName(want))
      return withStateTrouble(folder, async () => {
        const turn = await takeTurn(join(folder, 'turns'), ask.signal)
        if (turn === null) {
          const what = `another command for stack '${want.stack}' ran until the time was over`
          return no(failure('timed-out', 'safe', what))
        }
        try {
          const earlier = await waitForEarlier(folder, config.timeout, ask.signal)
          if (earlier !== null) return no(stillRunning(earlier))
          const seen = await lookByCommand(config, told(want), ask.signal)
          if (!seen.ok) return seen
          const chosen = choose(config, want, seen.value)
          if (chosen === null) return yes(null)
          if (!chosen.ok) return chosen
          const { verb, words } = chosen.value
          const asked = { ...told(want), release: want.release, replicas: String(want.replicas) }
          const changed = await runChange({
            line: commandLine(config, words, asked, ask.effectId),
            folder,
            token: `turn ${turn.number}`,
            timeoutMs: config.timeout,
            signal: ask.signal,
          })
          return await outcomeOf(changed, verb, config)
        } finally {
          await turn.end()
        }
      })
    },

    async observe(at, signal) {
      const folder = folderOf(stateDir, at)
      if (folder === null) return no(badName(at))
      const seen = await lookByCommand(config, told(at), signal)
      if (!seen.ok) return seen
      const { release, replicas, ready, crashed } = seen.value
      const evidence = `'state' printed release ${release ?? 'none'}, ${ready} of ${replicas} ready on stack '${at.stack}'`
      const dead =
        crashed === null ? '' : `. It crashed: ${shorten(hide(crashed, hiddenValues(config.env)))}`
      return yes({ ...seen.value, evidence: `${evidence}${dead}` })
    },

    close: async () => undefined,
  }
}

/** Null when everything is as wanted; otherwise the gentlest command that gets there. */
function choose(
  config: ExecConfig,
  want: StackWant,
  seen: State,
): Result<{ readonly verb: Verb; readonly words: readonly string[] }, DriverFailure> | null {
  if (want.replicas === 0) {
    if (seen.replicas === 0) return null
    if (config.undo !== undefined) return yes({ verb: 'undo', words: config.undo })
    if (config.scale !== undefined) return yes({ verb: 'scale', words: config.scale })
    const what = `stack '${want.stack}' cannot be taken down: platform has neither 'undo' nor 'scale'`
    return no(failure('misconfigured', 'never', what))
  }
  if (seen.release !== want.release) return yes({ verb: 'deploy', words: config.deploy })
  if (seen.replicas === want.replicas) return null
  return config.scale === undefined
    ? yes({ verb: 'deploy', words: config.deploy })
    : yes({ verb: 'scale', words: config.scale })
}

async function outcomeOf(
  changed: Changed,
  verb: Verb,
  config: ExecConfig,
): Promise<Result<null, DriverFailure>> {
  switch (changed.kind) {
    case 'exited': {
      if (changed.code === 0) return yes(null)
      const line = (await lastLineOfFile(changed.errLog)) ?? 'it wrote nothing to stderr'
      const said = hide(line, hiddenValues(config.env))
      const what = `'${verb}' exited with ${changed.code}: ${said}`
      return no(failure('refused', 'after-looking', what))
    }
    case 'not-found':
      return no(commandMissing(changed.command, verb))
    case 'not-started':
      return no(failure('unclear', 'after-looking', `'${verb}' was not started: ${changed.why}`))
    case 'timed-out': {
      const what = `'${verb}' did not end within ${sayDuration(config.timeout)} and was ended; it may have done a part`
      return no(failure('timed-out', 'after-looking', what))
    }
    case 'too-loud': {
      const what = `'${verb}' wrote far too much and was ended; it may have done a part`
      return no(failure('unclear', 'after-looking', what))
    }
    case 'signalled': {
      const what = `'${verb}' was ended by ${changed.by}; it may have done a part`
      return no(failure('unclear', 'after-looking', what))
    }
    case 'left-running':
      return no(stillRunning(changed.pid))
  }
}

function stillRunning(pid: number): DriverFailure {
  const what = `the command for this stack still runs as process ${pid}; it goes on, and nothing else is started before it ends`
  return failure('timed-out', 'after-looking', what)
}

function told({ workload, component, stack }: At): Told {
  return { workload, component, stack }
}

function folderOf(stateDir: string, { workload, component, stack }: At): string | null {
  const names = [workload, component, stack]
  return names.every((name) => SAFE_NAME.test(name)) ? join(stateDir, ...names) : null
}

function badName({ workload, component, stack }: At): DriverFailure {
  const what = `'${workload}/${component}/${stack}' holds a name that is not allowed`
  return failure('misconfigured', 'never', what)
}
