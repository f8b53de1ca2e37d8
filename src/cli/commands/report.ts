import type { Command } from 'commander'
import type { ReportTaken } from '../../contract/signals.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import type { Session } from '../session.ts'

interface Options {
  readonly user: string
  readonly says: string
}

/** Passes on what a user reports, and answers at once which release serves them. */
export function addReport(program: Command, run: Run): void {
  const command = program
    .command('report')
    .description('Report what a user says, and learn which release and group serves them.')
    .argument('<workload>', 'what the user uses')
    .requiredOption('--user <id>', 'who, as the router knows them; only a hash of it is kept')
    .requiredOption('--says <text>', 'what they say')
  run<Options>(command, async (session, { args: [workload = ''], options: { user, says } }) => {
    const client = await session.client()
    if (!client.ok) return client
    const taken = await client.value.call('takeReport', { body: { workload, user, says } })
    return taken.ok ? done(taken.value, say(taken.value, session)) : taken
  })
}

function say(taken: ReportTaken, { ink }: Session): readonly string[] {
  const { rollout, arm, group, release, because, halted } = taken
  const who = release === null ? 'It cannot be told which release' : ink.bold(release)
  const lines = [
    `${who} serves this user${group === null ? '' : ` (group '${group}')`}: ${because}.`,
  ]
  if (rollout === null) return [...lines, 'The report is kept: goaround has nothing under way.']
  const about = arm === 'candidate' ? ' as one about the candidate' : ''
  return [
    ...lines,
    `The report is recorded in ${rollout}${about}.`,
    ...(halted ? [`${ink.red(`${rollout} has halted`)}: goaround why ${rollout}`] : []),
  ]
}
