import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Stops a rollout and lets the decision tree choose the way out. */
export function addAbort(program: Command, run: Run): void {
  const command = program
    .command('abort')
    .description('Halt, and take the way out that the decision tree chooses.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'what is wrong')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('abort', { params: { id: found }, body: { because } }),
    ),
  )
}
