import type { Path } from './problem.ts'

/** Words in a field's name behind which people put secrets, whether or not they should. */
const PRIVATE_WORDS =
  'pass|pwd|secret|token|bearer|api.?key|private.?key|credential|authorization|cookie'
const PRIVATE_NAME = new RegExp(PRIVATE_WORDS, 'i')
const PRIVATE_REST = new RegExp(`((?:${PRIVATE_WORDS})[\\w-]*["']?\\s*[:=]\\s*).+`, 'i')
/** Name and password in a URL. */
const URL_LOGIN = /(\/\/)[^/@\s]+@/g
const HIDDEN = '…'

/** Whether the value at this place may be a secret and must not be repeated in a message. */
export function isPrivate(path: Path): boolean {
  return path.some((part) => typeof part === 'string' && PRIVATE_NAME.test(part))
}

/**
 * One line of a file as it may be shown, for a problem at this column (from 1). Where the problem
 * is about a value that may be secret, the line ends before it.
 */
export function withoutSecrets(line: string, path: Path, column: number): string {
  const before = isPrivate(path) ? `${line.slice(0, column - 1)}${HIDDEN}` : line
  return before.replace(PRIVATE_REST, `$1${HIDDEN}`).replaceAll(URL_LOGIN, `$1${HIDDEN}@`)
}
