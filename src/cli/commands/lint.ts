import type { Command } from 'commander'
import { explainStrategy } from '../../core/strategy/explain-strategy.ts'
import { sayProblem, showProblem } from '../../core/strategy/problem.ts'
import { EXIT, type Exit } from '../exit-codes.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import { inspectFile, STRATEGY_FILE } from '../strategy-file.ts'

/** Says everything that is wrong with a strategy, and on request what it will do. Needs no server. */
export function addLint(program: Command, run: Run): void {
  const command = program
    .command('lint')
    .description('Say everything that is wrong with a strategy. Needs no server.')
    .argument('[file]', `the strategy; ${STRATEGY_FILE} when absent`)
    .option('--explain', 'also say in plain words what it will do')
  run<{ explain?: boolean }>(command, async (session, { args: [file], options }) => {
    const read = await inspectFile(session.io, file)
    if (!read.ok) return read
    const { inspection, fileName } = read.value
    const { strategy, problems } = inspection
    const { ink } = session
    const explanation =
      options.explain === true && strategy !== null ? explainStrategy(strategy) : null
    const document = {
      valid: strategy !== null,
      problems,
      ...(explanation === null ? {} : { explanation }),
    }
    const lines = problems.map((problem) =>
      problem.severity === 'error'
        ? `${ink.red('error')} ${showProblem(problem)}`
        : `${ink.yellow('finding')} ${sayProblem(problem)}`,
    )
    if (lines.length === 0) lines.push(`${ink.green('✔')} ${fileName} is a valid strategy`)
    if (explanation !== null) lines.push('', explanation)
    return done(document, lines, exitFor(strategy !== null, problems.length > 0))
  })
}

function exitFor(valid: boolean, hasFindings: boolean): Exit {
  if (!valid) return EXIT.usage
  return hasFindings ? EXIT.refused : EXIT.done
}
