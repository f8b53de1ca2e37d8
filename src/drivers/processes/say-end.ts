import { constants } from 'node:os'
import { join } from 'node:path'
import { hide, lastLineOfFile } from '../support/last-line.ts'
import type { Instance } from './instance.ts'

/** A shell reports a process that died of signal n with 128 + n. */
const SIGNALLED_FROM = 128

/**
 * How an instance ended, in words: its exit code or signal and the last line of its stderr.
 * Values of its environment never appear.
 */
export async function sayEnd(
  { exitCode, folder }: Instance,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const line = await lastLineOfFile(join(folder, 'err.log'))
  const said = line === null ? 'it wrote nothing to stderr' : `"${hide(line, Object.values(env))}"`
  return `${sayCode(exitCode)}; ${said}`
}

function sayCode(exitCode: number | null): string {
  if (exitCode === null) return 'its exit code is not known'
  const signal = Object.entries(constants.signals).find(
    ([, number]) => number === exitCode - SIGNALLED_FROM,
  )
  return signal === undefined ? `exit code ${exitCode}` : `ended by ${signal[0]}`
}
