import { Command, CommanderError } from 'commander'
import type { Actions } from './actions.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import { openRun, type Run } from './run.ts'

const EXIT_CODES_HELP = `
Exit codes: 0 done and healthy · 2 usage or bad file · 3 refused or findings · 10 failed and
mitigated · 11 failed, not mitigated · 12 waiting for a person · 20 cannot reach the server`

/** Adds one command to the program. */
type Add = (program: Command, parts: Parts) => void

interface Parts {
  readonly run: Run
  readonly io: Io
  readonly actions: Actions
  readonly ended: (exit: number) => void
}

/**
 * The commands in the order in which people meet them, each loaded when its name is typed: what a
 * command needs is much more than what it is called.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  demo: async () => {
    const { addDemo } = await import('./commands/demo.ts')
    return (program, { io, actions, ended }) => addDemo(program, io, actions, ended)
  },
  up: async () => {
    const { addUp } = await import('./commands/up.ts')
    return (program, { io, actions, ended }) => addUp(program, io, actions, ended)
  },
  init: async () => {
    const { addInit } = await import('./commands/init.ts')
    return (program, { run }) => addInit(program, run)
  },
  lint: async () => {
    const { addLint } = await import('./commands/lint.ts')
    return (program, { run }) => addLint(program, run)
  },
  'import-slo': async () => {
    const { addImportSlo } = await import('./commands/import-slo.ts')
    return (program, { run }) => addImportSlo(program, run)
  },
  backtest: async () => {
    const { addBacktest } = await import('./commands/backtest.ts')
    return (program, { run }) => addBacktest(program, run)
  },
  deploy: async () => {
    const { addDeploy } = await import('./commands/deploy.ts')
    return (program, { run }) => addDeploy(program, run)
  },
  watch: async () => {
    const { addWatch } = await import('./commands/watch.ts')
    return (program, { run }) => addWatch(program, run)
  },
  get: async () => {
    const { addGet } = await import('./commands/get.ts')
    return (program, { run }) => addGet(program, run)
  },
  list: async () => {
    const { addList } = await import('./commands/list.ts')
    return (program, { run }) => addList(program, run)
  },
  why: async () => {
    const { addWhy } = await import('./commands/why.ts')
    return (program, { run }) => addWhy(program, run)
  },
  promote: async () => {
    const { addPromote } = await import('./commands/promote.ts')
    return (program, { run }) => addPromote(program, run)
  },
  pause: async () => {
    const { addPause } = await import('./commands/pause.ts')
    return (program, { run }) => addPause(program, run)
  },
  resume: async () => {
    const { addResume } = await import('./commands/resume.ts')
    return (program, { run }) => addResume(program, run)
  },
  abort: async () => {
    const { addAbort } = await import('./commands/abort.ts')
    return (program, { run }) => addAbort(program, run)
  },
  approve: async () => {
    const { addApprove } = await import('./commands/approve.ts')
    return (program, { run }) => addApprove(program, run)
  },
  reject: async () => {
    const { addReject } = await import('./commands/reject.ts')
    return (program, { run }) => addReject(program, run)
  },
  fallback: async () => {
    const { addFallback } = await import('./commands/fallback.ts')
    return (program, { run }) => addFallback(program, run)
  },
  rollback: async () => {
    const { addRollback } = await import('./commands/rollback.ts')
    return (program, { run }) => addRollback(program, run)
  },
  report: async () => {
    const { addReport } = await import('./commands/report.ts')
    return (program, { run }) => addReport(program, run)
  },
  attribute: async () => {
    const { addAttribute } = await import('./commands/attribute.ts')
    return (program, { run }) => addAttribute(program, run)
  },
  audit: async () => {
    const { addAudit } = await import('./commands/audit.ts')
    return (program, { run }) => addAudit(program, run)
  },
  token: async () => {
    const { addToken } = await import('./commands/token.ts')
    return (program, { run }) => addToken(program, run)
  },
  down: async () => {
    const { addDown } = await import('./commands/down.ts')
    return (program, { io, actions, ended }) => addDown(program, io, actions, ended)
  },
  export: async () => {
    const { addExport } = await import('./commands/export.ts')
    return (program, { io, actions, ended }) => addExport(program, io, actions, ended)
  },
  import: async () => {
    const { addImport } = await import('./commands/import.ts')
    return (program, { io, actions, ended }) => addImport(program, io, actions, ended)
  },
}

/** The commands that are named anywhere in what was typed; all of them for help, and for a misspelling. */
async function commandsFor(argv: readonly string[]): Promise<readonly Add[]> {
  const named = Object.keys(COMMANDS).filter((name) => argv.includes(name))
  const isForOne = named.length > 0 && !argv.includes('help')
  const wanted = isForOne ? named : Object.keys(COMMANDS)
  return Promise.all(wanted.map((name) => COMMANDS[name]?.() ?? Promise.resolve(() => undefined)))
}

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
      const parts = { run: openRun(io, ended), io, actions, ended }
      for (const add of await commandsFor(argv)) add(program, parts)
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
