import type { Command } from 'commander'
import type { Actions } from '../actions.ts'
import type { Io } from '../io.ts'
import { type LogPlace, logPlace } from '../log-place.ts'

/** Writes the log into a file. The composition root does it, next to the log and without a server. */
export function addExport(
  program: Command,
  io: Io,
  { exportLog }: Pick<Actions, 'exportLog'>,
  ended: (exit: number) => void,
): void {
  const command = program
    .command('export')
    .description(
      'Write the whole log into a file, to move it to another store. Stop goaround first.',
    )
    .argument('<file>', 'a new file, lines of JSON')
  logPlace(command).action(async (file: string, { state: stateDir, store }: LogPlace) => {
    ended(await exportLog({ file, stateDir, storeUrl: store ?? null }, io))
  })
}
