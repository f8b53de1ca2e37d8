import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** A person's wish to wait: nothing grows, and nothing is undone. */
export function addPause(program: Command, run: Run): void {
  const command = program
    .command('pause')
    .description('Let nothing grow until somebody resumes.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .requiredOption('--because <why>', 'why it should wait')
  run<{ because: string }>(command, (session, { args: [id], options: { because } }) =>
    withRollout(session, id, (client, found) =>
      client.call('pause', { params: { id: found }, body: { because } }),
    ),
  )
}
