import { open } from 'node:fs/promises'

/** A quoted line longer than this is a dump; a sentence for people has room for this much. */
const QUOTED_MAX = 200

/** The end of a log that is searched for its last line. */
const TAIL_BYTES = 64 * 1024

/** Values shorter than this (`1`, `true`, `dev`) stand everywhere and hide nothing. */
const HIDDEN_MIN = 6

/** The last line that says anything, at most 200 characters; null when there is none. */
export function lastLine(text: string): string | null {
  const line = text
    .split(/\r?\n|\r/)
    .map(printable)
    .findLast((candidate) => candidate !== '')
  return line === undefined ? null : shorten(line)
}

/** The same for a file, reading only its end. Null too when there is no such file. */
export async function lastLineOfFile(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return null
  try {
    const { size } = await file.stat()
    const from = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    return lastLine(buffer.subarray(0, bytesRead).toString('utf8'))
  } catch {
    return null
  } finally {
    await file.close().catch(() => undefined)
  }
}

/** Cuts a text to what a sentence can quote. */
export function shorten(text: string, max: number = QUOTED_MAX): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}

/** Replaces values that must not be quoted, such as those of the environment, by `[hidden]`. */
export function hide(text: string, values: Iterable<string>): string {
  let shown = text
  for (const value of values) {
    if (value.length >= HIDDEN_MIN) shown = shown.replaceAll(value, '[hidden]')
  }
  return shown
}

/** Without control characters: a quoted line must not move a terminal's cursor or colour it. */
function printable(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replaceAll(/\u001B\[[0-9;]*[A-Za-z]|[\u0000-\u001F\u007F-\u009F]/g, ' ').trim()
}
