import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { relive } from '../../core/backtest/relive.ts'
import { sayFindings } from '../../core/backtest/say-findings.ts'
import { sayRelived } from '../../core/backtest/say-relived.ts'
import type { Result } from '../../core/kernel/result.ts'
import { drawChart } from '../../picture/draw-chart.ts'
import { ask, type BacktestOptions } from '../backtest/ask.ts'
import { backtestPage } from '../backtest/backtest-page.ts'
import { documentOf } from '../backtest/document.ts'
import { evidenceChart } from '../backtest/pictures.ts'
import { readMoment, wrong } from '../backtest/read-options.ts'
import { type ArmOptions, readingFor } from '../backtest/reading-for.ts'
import { runBacktest } from '../backtest/run-backtest.ts'
import { drawBacktest } from '../draw/draw-backtest.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { done, type Failure, failed } from '../outcome.ts'
import {
  type Reading,
  type Recorded,
  readPrometheus,
  readRecording,
} from '../recording/read-recording.ts'
import type { Run } from '../run.ts'
import { inspectFile, STRATEGY_FILE, strategyIn } from '../strategy-file.ts'

interface SourceOptions {
  readonly data?: readonly string[]
  readonly prometheus?: string
  readonly from?: string
  readonly to?: string
}

/** Replays recorded telemetry through the detectors of a strategy. Needs no server. */
export function addBacktest(program: Command, run: Run): void {
  const command = program
    .command('backtest')
    .description('Replay recorded telemetry: what would this strategy have done? Needs no server.')
    .argument('[file]', `the strategy; ${STRATEGY_FILE} when absent`)
    .option(
      '--data <file...>',
      'recorded telemetry: of goaround, CSV, or range answers of Prometheus',
    )
    .option('--prometheus <url>', 'ask a Prometheus server instead, from --from to --to')
    .option('--from <time>', 'the first moment to ask Prometheus for')
    .option('--to <time>', 'the last moment to ask Prometheus for')
    .option('--group <name>', 'under the settings of which group; the first when absent')
    .option('--start <time>', 'when the rollout starts; when the recording does, when absent')
    .option('--bad-from <time>', 'from when on the candidate is known to have been bad')
    .option('--inject <fault...>', 'put a fault into it: errors=5%@+10m, latency=1.5x@+10m')
    .option('--try <settings...>', 'other settings: tolerance=1,1.2 every=5s,30s weight.errors=2')
    .option('--threshold <rule>', 'a static threshold to compare with (99%/1m/2)')
    .option('--starts-every <duration>', 'how far apart rollouts start to count false alarms')
    .option('--aa', 'split one arm at random in two equal ones: every halt is a false alarm')
    .option('--candidate <stack>', 'which stack of the strategy is the candidate in an export')
    .option('--candidate-release <release>', 'what $release stands for in the candidate')
    .option('--control-release <release>', 'what $release stands for in the control')
    .option('--lag <duration>', 'how long after it was measured a sample could be known (0s)')
    .option('--seed <number>', 'another draw of what is left to chance (1)')
    .option('--svg <file>', 'write a picture of the evidence')
    .option('--html <file>', 'write a page with pictures, tables and settings')
  run<BacktestOptions & ArmOptions & SourceOptions>(
    command,
    async (session, { args: [file], options }) => {
      const { io, ink } = session
      const inspected = await inspectFile(io, file)
      if (!inspected.ok) return inspected
      const strategy = strategyIn(inspected.value)
      if (!strategy.ok) return strategy
      if (options.seed !== undefined && !/^\d{1,9}$/.test(options.seed)) {
        return wrong(`--seed ${options.seed}: expected a whole number`)
      }
      const reading = readingFor(strategy.value, options)
      if (!reading.ok) return reading
      const recorded = await obtain(io, options, reading.value)
      if (!recorded.ok) return recorded
      const { recording, journals } = recorded.value
      const asked = ask(strategy.value, recording, options)
      if (!asked.ok) return asked
      const findings = await runBacktest(io, asked.value.question)
      if (!findings.ok) return findings
      const { question } = asked.value
      const relived = journals.map((journal) => sayRelived(relive(journal)))
      const said = [
        ...sayFindings(question, findings.value),
        ...relived.filter((one) => one !== null),
      ]
      const pictures = [
        [options.svg, () => `${drawChart(evidenceChart(question, findings.value))}\n`],
        [options.html, () => backtestPage(asked.value, findings.value, said)],
      ] as const
      for (const [path, picture] of pictures) {
        const problem = path === undefined ? null : await write(io, path, picture())
        if (problem !== null) return failed(EXIT.usage, problem)
      }
      const exit = said.some(({ weight }) => weight === 'wanting') ? EXIT.refused : EXIT.done
      const lines = drawBacktest(asked.value, findings.value, said, ink)
      return done(documentOf(asked.value, findings.value, said), lines, exit)
    },
  )
}

/** The recording that was meant: files, or the memory of a server; exactly one of the two. */
async function obtain(
  io: Io,
  { data = [], prometheus, from, to }: SourceOptions,
  reading: Reading,
): Promise<Result<Recorded, Failure>> {
  if (data.length > 0 === (prometheus !== undefined)) {
    return wrong('expected --data FILE, or --prometheus URL --from TIME --to TIME')
  }
  if (prometheus === undefined) return readRecording(io, data, reading)
  if (!/^https?:/.test(prometheus) || !URL.canParse(prometheus)) {
    return wrong(`--prometheus ${prometheus}: expected an address such as http://127.0.0.1:9090`)
  }
  const [first, last] = [readMoment('--from', from ?? ''), readMoment('--to', to ?? '')]
  if (!first.ok) return first
  if (!last.ok) return last
  if (last.value <= first.value)
    return wrong('--from and --to: expected a first moment before the last')
  const wanted = { url: prometheus, from: first.value, to: last.value }
  return readPrometheus(io, wanted, reading)
}

async function write(io: Io, path: string, content: string): Promise<string | null> {
  try {
    await writeFile(resolve(io.cwd, path), content)
    return null
  } catch (error) {
    return `${path} cannot be written (${String(Object(error).code)}): name a file in a folder that is there`
  }
}
