import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { isCancel, text } from '@clack/prompts'
import type { Command } from 'commander'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { Name } from '../../core/strategy/quantities.ts'
import { type StarterAnswers, starterStrategy } from '../../core/strategy/starter-strategy.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { done, type Failure, failed } from '../outcome.ts'
import type { Run } from '../run.ts'
import { STRATEGY_FILE } from '../strategy-file.ts'

const COMMAND = 'npm start -- --port {port}'
const LISTEN = '127.0.0.1:8080'

interface Options {
  readonly workload?: string
  readonly command?: string
  readonly listen?: string
  readonly schema?: string
  readonly force?: boolean
}

/** Writes a strategy to start from. In a terminal it asks what was not said; it never overwrites. */
export function addInit(program: Command, run: Run): void {
  const command = program
    .command('init')
    .description('Write a strategy to start from.')
    .argument('[file]', `where; ${STRATEGY_FILE} when absent`)
    .option('--workload <name>', 'what is operated; named after this directory when absent')
    .option('--command <command>', `what starts one instance, such as "${COMMAND}"`)
    .option('--listen <host:port>', `what users reach, such as ${LISTEN}`)
    .option('--schema <url>', 'where an editor finds the JSON Schema of strategies')
    .option('--force', 'replace a file that is there')
  run<Options>(command, async ({ io, json }, { args: [file = STRATEGY_FILE], options }) => {
    const answers = await answersFor(io, options, io.stdin.isTTY === true && !json)
    if (!answers.ok) return answers
    const path = resolve(io.cwd, file)
    try {
      await writeFile(path, starterStrategy(answers.value), {
        flag: options.force === true ? 'w' : 'wx',
      })
    } catch (error) {
      const code: unknown = Object(error).code
      if (code === 'EEXIST')
        return failed(EXIT.usage, `${file} is there already: name another, or use --force`)
      return failed(EXIT.usage, `${file} cannot be written (${String(code)})`)
    }
    return done({ path }, [
      `${file} is written: read it, change it, and check it with 'goaround lint ${file}'`,
    ])
  })
}

async function answersFor(
  io: Io,
  { workload, command, listen, schema }: Options,
  mayAsk: boolean,
): Promise<Result<StarterAnswers, Failure>> {
  const ask = mayAsk ? asked : usual
  const name = workload ?? (await ask(io, 'What is it called?', nameFor(io.cwd)))
  const start = command ?? (await ask(io, 'What starts one instance?', COMMAND))
  const reached = listen ?? (await ask(io, 'Where do users reach it?', LISTEN))
  if (name === null || start === null || reached === null)
    return no({ exit: EXIT.usage, says: 'nothing was written' })
  const checked = Name.safeParse(name)
  if (!checked.success) {
    const why = checked.error.issues[0]?.message ?? 'expected a name'
    return no({ exit: EXIT.usage, says: `'${name}' cannot be the name of a workload: ${why}` })
  }
  const argv = start.split(/\s+/).filter((part) => part !== '')
  if (argv.length === 0)
    return no({ exit: EXIT.usage, says: 'the command that starts an instance is empty' })
  return yes({ workload: name, command: argv, listen: reached, schema: schema ?? null })
}

async function usual(_: Io, _question: string, answer: string): Promise<string | null> {
  return answer
}

async function asked(io: Io, question: string, initialValue: string): Promise<string | null> {
  const answer = await text({
    message: question,
    initialValue,
    input: io.stdin,
    output: io.stdout,
    signal: io.interrupted,
  })
  return isCancel(answer) ? null : answer
}

/** A directory's name as the name of a workload. */
function nameFor(cwd: string): string {
  const name = basename(cwd)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
  return Name.safeParse(name).success ? name : 'my-workload'
}
