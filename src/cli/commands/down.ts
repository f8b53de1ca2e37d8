import type { Command } from 'commander'
import type { Actions } from '../actions.ts'
import type { Io } from '../io.ts'
import { type LogPlace, logPlace } from '../log-place.ts'

interface Flags extends LogPlace {
  readonly yes?: boolean
  readonly force?: boolean
}

/** Stops what a workload runs on this machine. The composition root does it, with the drivers. */
export function addDown(
  program: Command,
  io: Io,
  { down }: Pick<Actions, 'down'>,
  ended: (exit: number) => void,
): void {
  const command = program
    .command('down')
    .description('Stop a workload on this machine: its built-in router, then its releases.')
    .argument('<workload>', 'which one')
    .option('-y, --yes', 'do not ask; for scripts')
    .option('--force', 'also while a rollout is under way: it ends as it stands')
  logPlace(command).action(async (workload: string, flags: Flags) => {
    const { state: stateDir, store, yes = false, force = false } = flags
    ended(await down({ workload, stateDir, storeUrl: store ?? null, yes, force }, io))
  })
}
