import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Goes on after a pause or a halt; the evidence begins anew. */
export function addResume(program: Command, run: Run): void {
  const command = program
    .command('resume')
    .description('Go on after a pause or a halt.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'why it is safe to go on')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('resume', { params: { id: found }, body: { because } }),
    ),
  )
}
