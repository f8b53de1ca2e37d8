import { Command, CommanderError } from 'commander'
import type { Actions } from './actions.ts'
import { addAbort } from './commands/abort.ts'
import { addApprove } from './commands/approve.ts'
import { addAudit } from './commands/audit.ts'
import { addBacktest } from './commands/backtest.ts'
import { addDemo } from './commands/demo.ts'
import { addDeploy } from './commands/deploy.ts'
import { addFallback } from './commands/fallback.ts'
import { addGet } from './commands/get.ts'
import { addInit } from './commands/init.ts'
import { addLint } from './commands/lint.ts'
import { addList } from './commands/list.ts'
import { addPause } from './commands/pause.ts'
import { addPromote } from './commands/promote.ts'
import { addReject } from './commands/reject.ts'
import { addResume } from './commands/resume.ts'
import { addRollback } from './commands/rollback.ts'
import { addToken } from './commands/token.ts'
import { addUp } from './commands/up.ts'
import { addWatch } from './commands/watch.ts'
import { addWhy } from './commands/why.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import { openRun } from './run.ts'

const EXIT_CODES_HELP = `
Exit codes: 0 done and healthy · 2 usage or bad file · 3 refused or findings · 10 failed and
mitigated · 11 failed, not mitigated · 12 waiting for a person · 20 cannot reach the server`

/** In the order in which people meet them. */
const COMMANDS = [
  addInit,
  addLint,
  addBacktest,
  addDeploy,
  addWatch,
  addGet,
  addList,
  addWhy,
  addPromote,
  addPause,
  addResume,
  addAbort,
  addApprove,
  addReject,
  addFallback,
  addRollback,
  addAudit,
  addToken,
]

/** The command line. */
export interface Cli {
  /** Runs one command, given what stands behind `goaround`. Answers how the program should end. */
  readonly run: (argv: readonly string[]) => Promise<number>
}

/** Puts the command line together. What needs the whole house comes in as `actions`. */
export function createCli({
  actions,
  io,
  version,
}: {
  readonly actions: Actions
  readonly io: Io
  readonly version: string
}): Cli {
  return {
    async run(argv) {
      let exit: number = EXIT.done
      const ended = (code: number) => {
        exit = code
      }
      const program = newProgram(io, version)
      addDemo(program, io, actions, ended)
      addUp(program, io, actions, ended)
      const run = openRun(io, ended)
      for (const add of COMMANDS) add(program, run)
      try {
        await program.parseAsync(argv, { from: 'user' })
        return exit
      } catch (error) {
        if (error instanceof CommanderError) return afterUsage(error, io, argv)
        throw error
      }
    },
  }
}

function newProgram(io: Io, version: string): Command {
  return new Command('goaround')
    .description('The open system between "we deployed" and "we broke production".')
    .version(version, '-V, --version', 'say which version this is')
    .option('--json', 'one JSON document on standard output, for programs')
    .option('--server <url>', 'which server (GOAROUND_SERVER; http://127.0.0.1:4800)')
    .option('--token <token>', 'who you are (GOAROUND_TOKEN; ~/.config/goaround/token)')
    .option('--no-color', 'no colours (NO_COLOR)')
    .addHelpText('after', EXIT_CODES_HELP)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .showHelpAfterError('(goaround help shows what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
}

/** Help and version end well; anything that was typed wrong ends with 2. */
function afterUsage(error: CommanderError, io: Io, argv: readonly string[]): number {
  if (error.exitCode === 0) return EXIT.done
  if (argv.includes('--json')) {
    const document = { title: error.message, exit: EXIT.usage }
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
  return EXIT.usage
}
