import type { Command } from 'commander'
import { findId } from '../find-id.ts'
import type { Run } from '../run.ts'
import { watchRollout } from '../watching.ts'

/** Watches a rollout until it is over, and ends with its exit code. */
export function addWatch(program: Command, run: Run): void {
  const command = program
    .command('watch')
    .description('Watch a rollout until it is over, and end with its exit code.')
    .argument('[id]', 'which rollout; the only active one when absent')
  run(command, async (session, { args: [name] }) => {
    const client = await session.client()
    if (!client.ok) return client
    const id = await findId(client.value, name)
    return id.ok ? watchRollout(session, client.value, id.value) : id
  })
}
