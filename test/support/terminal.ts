import { PassThrough, Writable } from 'node:stream'
import { type Actions } from '../../src/cli/actions.ts'
import { createCli } from '../../src/cli/cli.ts'
import type { Io, Out } from '../../src/cli/io.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'

/** What one command said, and how it ended. */
export interface Said {
  readonly exit: number
  readonly out: string
  readonly err: string
}

export interface TerminalOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Somebody sits in front of it. */
  readonly isTerminal?: boolean
  /** What they type, line by line, when they are asked. */
  readonly types?: string
  readonly actions?: Partial<Actions>
  readonly interrupted?: AbortSignal
}

/** Runs one command in this process as a person or a pipeline would. */
export async function goaround(
  argv: readonly string[],
  {
    cwd = '/',
    env = {},
    isTerminal = false,
    types,
    actions = {},
    interrupted = new AbortController().signal,
  }: TerminalOptions = {},
): Promise<Said> {
  const stdout = capture(isTerminal)
  const stderr = capture(isTerminal)
  const stdin = Object.assign(new PassThrough(), { isTTY: isTerminal })
  if (types !== undefined) stdin.write(`${types}\n`)
  const io: Io = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin,
    env: { HOME: '/nonexistent', ...env },
    cwd,
    clock: systemClock,
    interrupted,
  }
  const nothing = () => Promise.reject(new Error('not part of this test'))
  const cli = createCli({
    actions: {
      up: nothing,
      demo: nothing,
      down: nothing,
      exportLog: nothing,
      importLog: nothing,
      ...actions,
    },
    io,
    version: '0.0.0-test',
  })
  const exit = await cli.run(argv)
  return { exit, out: stdout.text(), err: stderr.text() }
}

/** A picture without its colours and cursor movements. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character.
  return text.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '')
}

function capture(isTTY: boolean): { readonly stream: Out; readonly text: () => string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, written) {
      chunks.push(String(chunk))
      written()
    },
  })
  return {
    stream: Object.assign(stream, { isTTY, columns: 100, rows: 60 }),
    text: () => chunks.join(''),
  }
}
