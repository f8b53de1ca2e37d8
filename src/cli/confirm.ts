import { createInterface } from 'node:readline/promises'
import type { Io, Out } from './io.ts'

/** Asks a person at the terminal. Anything but a clear yes is no, and so is Ctrl-C. */
export async function confirm(
  { stdin, interrupted }: Pick<Io, 'stdin' | 'interrupted'>,
  out: Out,
  question: string,
): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: out })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: interrupted })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    if (interrupted.aborted) return false
    throw error
  } finally {
    lines.close()
  }
}
