import type { Command } from 'commander'
import type { ExpectedTraffic } from '../../core/detect/foresight.ts'
import { sayForesight, sayTraffic } from '../../core/detect/say-foresight.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { explainStrategy } from '../../core/strategy/explain-strategy.ts'
import { sayProblem, showProblem } from '../../core/strategy/problem.ts'
import { EXIT, type Exit } from '../exit-codes.ts'
import { done, type Failure } from '../outcome.ts'
import type { Run } from '../run.ts'
import { inspectFile, STRATEGY_FILE } from '../strategy-file.ts'

/** Says everything that is wrong with a strategy, and on request what it will do. Needs no server. */
export function addLint(program: Command, run: Run): void {
  const command = program
    .command('lint')
    .description('Say everything that is wrong with a strategy. Needs no server.')
    .argument('[file]', `the strategy; ${STRATEGY_FILE} when absent`)
    .option('--explain', 'also say in plain words what it will do')
    .option(
      '--traffic <requests>',
      'also say what each group can tell at so many requests per second',
    )
    .option('--errors <percent>', 'how many of a hundred requests fail while all is well', '0.5')
  run<{ explain?: boolean; traffic?: string; errors: string }>(
    command,
    async (session, { args: [file], options }) => {
      const read = await inspectFile(session.io, file)
      if (!read.ok) return read
      const { inspection, fileName } = read.value
      const { strategy, problems } = inspection
      const { ink } = session
      const explanation =
        options.explain === true && strategy !== null ? explainStrategy(strategy) : null
      const traffic = trafficIn(options)
      if (!traffic.ok) return traffic
      const foresight =
        traffic.value === null || strategy === null
          ? []
          : [
              `What it can tell ${sayTraffic(traffic.value)}`,
              ...sayForesight(strategy, traffic.value).map((line) => `  ${line}`),
            ]
      const document = {
        valid: strategy !== null,
        problems,
        ...(foresight.length === 0
          ? {}
          : { foresight: foresight.slice(1).map((line) => line.trim()) }),
        ...(explanation === null ? {} : { explanation }),
      }
      const lines = problems.map((problem) =>
        problem.severity === 'error'
          ? `${ink.red('error')} ${showProblem(problem)}`
          : `${ink.yellow('finding')} ${sayProblem(problem)}`,
      )
      if (lines.length === 0) lines.push(`${ink.green('✔')} ${fileName} is a valid strategy`)
      if (explanation !== null) lines.push('', explanation)
      if (foresight.length > 0) lines.push('', ...foresight)
      return done(document, lines, exitFor(strategy !== null, problems.length > 0))
    },
  )
}

function trafficIn({
  traffic,
  errors,
}: {
  readonly traffic?: string
  readonly errors: string
}): Result<ExpectedTraffic | null, Failure> {
  if (traffic === undefined) return yes(null)
  const [perSecond, percent] = [Number(traffic), Number(errors.replace(/%$/, ''))]
  if (!(perSecond > 0)) {
    const says = `--traffic takes requests per second, such as 200; found "${traffic}"`
    return no({ exit: EXIT.usage, says })
  }
  if (!(percent >= 0 && percent < 100)) {
    const says = `--errors takes a percentage, such as 0.5; found "${errors}"`
    return no({ exit: EXIT.usage, says })
  }
  return yes({ perSecond, errorRate: percent / 100 })
}

function exitFor(valid: boolean, hasFindings: boolean): Exit {
  if (!valid) return EXIT.usage
  return hasFindings ? EXIT.refused : EXIT.done
}
