import type { Command } from 'commander'
import { findId } from '../find-id.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import { inspectFile, STRATEGY_FILE, strategyIn } from '../strategy-file.ts'
import { watchRollout } from '../watching.ts'

interface Options {
  readonly release: string
  readonly watch?: boolean
  readonly hotfixFor?: string
  readonly liftQuarantine?: string
}

/** Begins to expose a release, group by group, as the strategy says. */
export function addDeploy(program: Command, run: Run): void {
  const command = program
    .command('deploy')
    .description('Begin to expose a release, group by group, as the strategy says.')
    .argument('[file]', `the strategy; ${STRATEGY_FILE} when absent`)
    .requiredOption('--release <release>', 'what is rolled out, such as v2 or 1.4.0-rc.1')
    .option('--watch', 'stay until it is over, and end with its exit code')
    .option('--hotfix-for <id>', 'the failed rollout whose place this one takes')
    .option('--lift-quarantine <why>', 'let a release that failed before be exposed again')
  run<Options>(command, async (session, { args: [file], options }) => {
    const read = await inspectFile(session.io, file)
    if (!read.ok) return read
    const strategy = strategyIn(read.value)
    if (!strategy.ok) return strategy
    const opened = await session.client()
    if (!opened.ok) return opened
    const client = opened.value
    const { release, liftQuarantine: because } = options

    if (because !== undefined) {
      const { name } = strategy.value.workload
      const lifted = await client.call('liftQuarantine', {
        params: { name },
        body: { release, because },
      })
      // It may not be in quarantine: then there is nothing in the way of what was asked for.
      if (!lifted.ok && lifted.problem.problem?.type !== '/problems/not-quarantined') return lifted
    }
    const replaces =
      options.hotfixFor === undefined ? null : await findId(client, options.hotfixFor)
    if (replaces !== null && !replaces.ok) return replaces
    const { text, fileName } = read.value
    const hotfixFor = replaces?.value ?? null
    const begun = await client.call('startRollout', {
      body: { strategy: text, fileName, release, hotfixFor },
    })
    if (!begun.ok) return begun
    const { id } = begun.value
    if (options.watch === true) return watchRollout(session, client, id)
    return done(begun.value, [`${id} has begun: goaround watch ${id}`])
  })
}
