import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Says no to the decision that waits. */
export function addReject(program: Command, run: Run): void {
  const command = program
    .command('reject')
    .description('Say no to the decision that waits; the next way out is decided.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'what speaks against it')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('reject', { params: { id: found }, body: { because } }),
    ),
  )
}
