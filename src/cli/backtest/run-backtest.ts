import { setImmediate as breathe } from 'node:timers/promises'
import { backtest, type Findings, type Question } from '../../core/backtest/backtest.ts'
import { SECOND } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import type { Failure } from '../outcome.ts'

/** Shorter waits than this need no explanation. */
const PATIENCE_MS = SECOND
/** How often the line that shows the progress is drawn again. */
const REDRAW_MS = 250
/** Ctrl-C is heard this often. */
const BREATHE_MS = 50

/** Asks a recording everything and shows how far it has come, where somebody sits in front of it. */
export async function runBacktest(io: Io, question: Question): Promise<Result<Findings, Failure>> {
  const began = io.clock.now()
  let [breathed, drawn] = [began, 0]
  const steps = backtest(question)
  for (;;) {
    const step = steps.next()
    if (step.done === true) {
      if (drawn > 0) io.stderr.write('\r\u001B[K')
      return yes(step.value)
    }
    const now = io.clock.now()
    if (now - breathed < BREATHE_MS) continue
    breathed = now
    await breathe()
    if (io.interrupted.aborted) {
      if (drawn > 0) io.stderr.write('\r\u001B[K')
      return no({ exit: EXIT.usage, says: 'stopped before the backtest was done' })
    }
    if (io.stderr.isTTY !== true || now - began < PATIENCE_MS || now - drawn < REDRAW_MS) continue
    drawn = now
    const { done, all } = step.value
    io.stderr.write(`\r\u001B[Kreplaying: ${done} of ${all} rollouts`)
  }
}
