import type { Command } from 'commander'
import { Defect } from '../core/kernel/invariant.ts'
import { EXIT, type Exit } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Outcome } from './outcome.ts'
import { type GlobalOptions, openSession, type Session } from './session.ts'

/** What a command does, given what was typed. */
export type Body<Options> = (
  session: Session,
  typed: { readonly args: readonly (string | undefined)[]; readonly options: Options },
) => Promise<Outcome>

/** Gives a command its body: the outcome is printed once, for people or as one JSON document. */
export type Run = <Options extends object>(command: Command, body: Body<Options>) => void

export function openRun(io: Io, ended: (exit: Exit) => void): Run {
  return (command, body) => {
    command.action(async (...typed: unknown[]) => {
      const options = command.optsWithGlobals<
        GlobalOptions & Parameters<typeof body>[1]['options']
      >()
      const session = openSession(io, options)
      const args = typed.slice(0, command.registeredArguments.length).map(asText)
      ended(print(io, session, await attempt(body, session, args, options)))
    })
  }
}

async function attempt<Options>(
  body: Body<Options>,
  session: Session,
  args: readonly (string | undefined)[],
  options: Options,
): Promise<Outcome> {
  try {
    return await body(session, { args, options })
  } catch (error) {
    if (error instanceof Defect) throw error
    const says = error instanceof Error ? error.message : String(error)
    return { ok: false, problem: { exit: EXIT.usage, says } }
  }
}

/** Prints an outcome and answers how the program ends. */
export function print(io: Io, session: Pick<Session, 'json' | 'ink'>, outcome: Outcome): Exit {
  if (outcome.ok) {
    const { document, lines, exit } = outcome.value
    if (session.json) io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    else if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`)
    return exit
  }
  const { exit, says, problem } = outcome.problem
  io.stderr.write(`${session.ink.red('✖')} ${says}\n`)
  if (session.json) {
    const document = problem ?? { title: says, exit }
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
  return exit
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
