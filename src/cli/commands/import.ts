import type { Command } from 'commander'
import type { Actions } from '../actions.ts'
import type { Io } from '../io.ts'
import { type LogPlace, logPlace } from '../log-place.ts'

/** Reads an exported log into an empty store; an event that was changed on the way is refused. */
export function addImport(
  program: Command,
  io: Io,
  { importLog }: Pick<Actions, 'importLog'>,
  ended: (exit: number) => void,
): void {
  const command = program
    .command('import')
    .description('Read an exported log into an empty store, checking every event.')
    .argument('<file>', 'what export has written')
  logPlace(command).action(async (file: string, { state: stateDir, store }: LogPlace) => {
    ended(await importLog({ file, stateDir, storeUrl: store ?? null }, io))
  })
}
