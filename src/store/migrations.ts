import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invariant } from '../core/kernel/invariant.ts'
import { StoreTrouble } from './store-trouble.ts'

/** One step of a schema. Its text never changes once it was released. */
export interface Migration {
  /** 1 for the first, without gaps. */
  readonly number: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the text, hex. */
  readonly digest: string
}

/** What a database says about a step that it has. */
export type AppliedMigration = Pick<Migration, 'number' | 'digest'>

/** Reads a folder of files such as `0001-log.sql`. */
export function readMigrations(folder: string): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  const migrations = files.toSorted().map((file) => {
    const [, digits = '', name = ''] = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file) ?? []
    // A checkout on Windows may turn line ends; that is not another migration.
    const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')
    return { number: Number(digits), name, sql, digest: hash('sha256', sql) }
  })
  invariant(migrations.length > 0, `there are no migrations in ${folder}`)
  for (const [index, { number }] of migrations.entries()) {
    invariant(number === index + 1, `migration ${index + 1} is missing or misnamed in ${folder}`)
  }
  return migrations
}

/**
 * The steps that a database still needs. A database that is ahead of this code, or that was built
 * by other texts, is refused: going back is what backups are for.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  where: string,
): readonly Migration[] {
  for (const { number, digest } of applied) {
    const ours = known[number - 1]
    if (ours === undefined) {
      throw new StoreTrouble(
        'unusable',
        `The database at ${where} has schema version ${number}, and this goaround knows ${known.length}. ` +
          'A newer goaround has used it: run that version, or restore a backup from before the upgrade.',
      )
    }
    if (ours.digest !== digest) {
      throw new StoreTrouble(
        'unusable',
        `The database at ${where} was built by another text of migration ${number} (${ours.name}). ` +
          'Run the goaround that built it and move the log with an export and an import.',
      )
    }
  }
  return known.slice(applied.length)
}
