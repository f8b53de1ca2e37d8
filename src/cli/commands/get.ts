import type { Command } from 'commander'
import { drawRollout } from '../draw/draw-rollout.ts'
import { exitOf } from '../exit-codes.ts'
import { findId } from '../find-id.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'

/** Shows one rollout as it is now, and ends with its exit code. */
export function addGet(program: Command, run: Run): void {
  const command = program
    .command('get')
    .description('Show a rollout as it is now.')
    .argument('[id]', 'which rollout; the only active one when absent')
  run(command, async (session, { args: [name] }) => {
    const client = await session.client()
    if (!client.ok) return client
    const id = await findId(client.value, name)
    if (!id.ok) return id
    const view = await client.value.call('getRollout', { params: { id: id.value } })
    if (!view.ok) return view
    const { io, ink } = session
    const lines = drawRollout({ view: view.value, live: null, ink, now: io.clock.now() })
    return done(view.value, lines, exitOf(view.value.exitCode))
  })
}
