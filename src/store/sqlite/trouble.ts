import { StoreTrouble, type StoreTroubleKind } from '../store-trouble.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html; extended codes carry them in the low byte. */
const BUSY = 5
const LOCKED = 6
const READ_ONLY = 8
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NOT_A_DATABASE = 26

const TROUBLES: Readonly<Record<number, readonly [StoreTroubleKind, string, string]>> = {
  [BUSY]: [
    'locked',
    'is locked by another process',
    'Look for one that holds it open in a transaction, and try again.',
  ],
  [LOCKED]: ['locked', 'is locked', 'Look for another user of the same file, and try again.'],
  [READ_ONLY]: [
    'read-only',
    'cannot be written to',
    'Give this user write access to the file and its folder.',
  ],
  [IO_ERROR]: [
    'down',
    'cannot be read or written: the disk reports an error',
    'Check the disk, and read the stream before repeating what was under way.',
  ],
  [CORRUPT]: [
    'corrupt',
    'is damaged',
    'Stop goaround, keep a copy of the file, and restore the last backup.',
  ],
  [FULL]: ['full', 'cannot grow: the disk is full', 'Free some space; nothing was recorded.'],
  [CANNOT_OPEN]: [
    'denied',
    'cannot be opened',
    'Check that the folder exists and that this user may write to it.',
  ],
  [NOT_A_DATABASE]: [
    'unusable',
    'is not an SQLite database',
    'Name another path, or restore the last backup.',
  ],
}

/** The SQLite result code of an error, without its extension; null when SQLite did not say it. */
export function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null
}

/** Runs one piece of work, and says what is wrong with the file when SQLite cannot go on. */
export function sayingWhere<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const trouble = TROUBLES[resultCode(error) ?? -1]
    if (trouble === undefined) throw error
    const [kind, what, todo] = trouble
    throw new StoreTrouble(kind, `The event store ${where} ${what}. ${todo}`, error)
  }
}

/** True when another process holds what we need for now. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY
}
