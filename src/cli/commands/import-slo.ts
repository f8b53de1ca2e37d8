import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { showProblem } from '../../core/strategy/problem.ts'
import { EXIT } from '../exit-codes.ts'
import { done, failed } from '../outcome.ts'
import type { Run } from '../run.ts'

/** Writes the objectives of an OpenSLO file as metrics, to be read and put into a strategy. */
export function addImportSlo(program: Command, run: Run): void {
  const command = program
    .command('import-slo')
    .description(
      'Write the objectives of an OpenSLO file as metrics of a strategy. Needs no server.',
    )
    .argument('<file>', 'OpenSLO v1, YAML')
    .option(
      '--source <name>',
      'the entry under detection.sources that answers its queries',
      'prometheus',
    )
  run<{ source: string }>(command, async (session, { args: [file = ''], options }) => {
    let text: string
    try {
      text = await readFile(resolve(session.io.cwd, file), 'utf8')
    } catch (error) {
      return failed(EXIT.usage, `${file} cannot be read (${String(Object(error).code)})`)
    }
    const { readOpenSlo } = await import('../../core/strategy/open-slo.ts')
    const metrics = readOpenSlo(text, file, options.source)
    if (!metrics.ok) {
      const says = [`${file} cannot become metrics:`, ...metrics.problem.map(showProblem)]
      return failed(EXIT.usage, says.join('\n'))
    }
    if (metrics.value.length === 0) return failed(EXIT.usage, `${file} holds no SLO`)
    const lines = stringify({ detection: { metrics: metrics.value } })
      .trimEnd()
      .split('\n')
    return done({ metrics: metrics.value }, lines)
  })
}
