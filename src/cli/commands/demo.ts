import { type Command, Option } from 'commander'
import { type Actions, type DemoOptions, SCENARIO_NAMES } from '../actions.ts'
import type { Io } from '../io.ts'

/** Shows on this machine what goaround does with a release that fails. */
export function addDemo(
  program: Command,
  io: Io,
  { demo }: Pick<Actions, 'demo'>,
  ended: (exit: number) => void,
): void {
  program
    .command('demo')
    .description('Show on this machine what happens to a release that fails.')
    .addOption(
      new Option('--scenario <name>', 'what goes wrong')
        .choices([...SCENARIO_NAMES])
        .default('bad-canary'),
    )
    .option('--yes', 'approve what a person would', false)
    .option('--plain', 'lines instead of a picture, even in a terminal', false)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<Omit<DemoOptions, 'json'> & { json?: boolean }>()
      ended(await demo({ ...options, json: options.json === true }, io))
    })
}
