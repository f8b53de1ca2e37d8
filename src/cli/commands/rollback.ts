import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Takes the way back to the whole last known good state by hand. */
export function addRollback(program: Command, run: Run): void {
  const command = program
    .command('rollback')
    .description('Halt, and restore the whole last known good state.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'what is wrong')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('rollback', { params: { id: found }, body: { because } }),
    ),
  )
}
