import { type Command, Option } from 'commander'

/** The state directory of a server that was told nothing else. */
export const STATE = '.goaround'

/** Where the log is, as it was typed. */
export interface LogPlace {
  readonly state: string
  readonly store?: string | undefined
}

/** Adds the options that say where the log is, in the words of every command that opens it itself. */
export function logPlace(command: Command): Command {
  return command
    .option('--state <directory>', 'where it keeps what outlives it', STATE)
    .addOption(
      new Option(
        '--store <url>',
        'where the log is: sqlite:PATH or postgres://…; SQLite in the state directory when absent',
      ).env('GOAROUND_STORE'),
    )
}
