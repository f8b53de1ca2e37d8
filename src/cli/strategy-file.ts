import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { showProblem } from '../core/strategy/problem.ts'
import type { Inspection } from '../core/strategy/read-strategy.ts'
import type { Strategy } from '../core/strategy/schema.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Failure } from './outcome.ts'

/** The strategy of a repository, when nothing else is named. */
export const STRATEGY_FILE = 'goaround.yaml'
/** The server takes no larger one. */
const BYTES_MAX = 256 * 1024

export interface ReadFile {
  readonly text: string
  /** As the person named it, for messages. */
  readonly fileName: string
  readonly inspection: Inspection
}

/** Reads a strategy file and looks at it, without any server. */
export async function inspectFile(
  io: Io,
  fileName: string = STRATEGY_FILE,
): Promise<Result<ReadFile, Failure>> {
  let text: string
  try {
    text = await readFile(resolve(io.cwd, fileName), 'utf8')
  } catch (error) {
    const code = String(Object(error).code)
    const says = `${fileName} cannot be read (${code}): name a strategy, or write one with 'goaround init'`
    return no({ exit: EXIT.usage, says })
  }
  if (Buffer.byteLength(text) > BYTES_MAX) {
    const says = `${fileName} is larger than ${BYTES_MAX} bytes: that is no strategy`
    return no({ exit: EXIT.usage, says })
  }
  // Conditions need their engine, which only those who read a strategy wait for.
  const { inspectStrategy } = await import('../core/strategy/read-strategy.ts')
  return yes({ text, fileName, inspection: inspectStrategy(text, fileName, io.clock.now()) })
}

/** The strategy in a file, or everything that refuses it. */
export function strategyIn({ inspection, fileName }: ReadFile): Result<Strategy, Failure> {
  if (inspection.strategy !== null) return yes(inspection.strategy)
  const errors = inspection.problems.filter(({ severity }) => severity === 'error')
  const says = [`${fileName} is not a valid strategy:`, ...errors.map(showProblem)].join('\n')
  return no({ exit: EXIT.usage, says })
}
