import type { Command } from 'commander'
import { countOf } from '../draw/numbers.ts'
import { EXIT } from '../exit-codes.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'

/** Proves that nothing in the log was changed. */
export function addAudit(program: Command, run: Run): void {
  const audit = program.command('audit').description('Prove what the log says.')
  const verify = audit.command('verify').description('Prove that nothing in the log was changed.')
  run(verify, async (session) => {
    const client = await session.client()
    if (!client.ok) return client
    const report = await client.value.call('verifyAudit')
    if (!report.ok) return report
    const { intact, events, streams, problems, problemsLeftOut } = report.value
    const size = `${countOf(events, 'event')} in ${countOf(streams, 'stream')}`
    const { ink } = session
    if (intact)
      return done(report.value, [`${ink.green('✔')} ${size}: every one as it was written`])
    const lines = [
      `${ink.red('✖')} ${size}: the log is not as it was written`,
      ...problems.map(({ stream, version, what }) => `  ${stream} ${version}: ${what}`),
      ...(problemsLeftOut > 0 ? [`  and ${problemsLeftOut} more`] : []),
      'Keep a copy of the database as it is, and find out who could write to it.',
    ]
    return done(report.value, lines, EXIT.refused)
  })
}
