import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A database that nobody refers to is collected, and its lock with it. */
const held: DatabaseSync[] = []

/**
 * Takes the lock that makes this the only router of its folder, until the process ends; false when
 * another process has it. SQLite's exclusive lock is the one lock in Node that the system takes
 * back by itself when a process is killed, so there is no stale lock to argue about.
 */
export function holdLock(folder: string): boolean {
  const database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    held.push(database)
    return true
  } catch (error) {
    database.close()
    if (error instanceof Error && /locked|busy/i.test(error.message)) return false
    throw error
  }
}
