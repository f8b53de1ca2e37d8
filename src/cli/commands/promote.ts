import type { Command } from 'commander'
import type { Run } from '../run.ts'
import { withRollout } from '../with-rollout.ts'

/** Opens the group that waits for a person, or ends a bake whose verdict is `pass`. */
export function addPromote(program: Command, run: Run): void {
  const command = program
    .command('promote')
    .description('Open the group that waits, or end a bake whose verdict is "pass".')
    .argument('[id]', 'which rollout; the only active one when absent')
  run(command, (session, { args: [id] }) =>
    withRollout(session, id, (client, found) => client.call('promote', { params: { id: found } })),
  )
}
