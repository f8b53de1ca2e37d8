import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Takes the way back to the old stack by hand. */
export function addFallback(program: Command, run: Run): void {
  const command = program
    .command('fallback')
    .description('Halt, and move all traffic to the old stack.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'what is wrong')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('fallback', { params: { id: found }, body: { because } }),
    ),
  )
}
