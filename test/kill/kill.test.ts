import { expect, test } from 'vitest'
import { startPostgres } from '../support/postgres.ts'
import { killRun } from './kill-run.ts'

/** A short run; `npm run kill-test` kills 200 times. */
const KILLS = 6

test('a server that is killed again and again loses nothing and doubles nothing (SQLite)', async () => {
  const { problems } = await killRun(KILLS, null, () => undefined)

  expect(problems).toEqual([])
}, 180_000)

test('a server that is killed again and again loses nothing and doubles nothing (PostgreSQL)', async () => {
  const postgres = await startPostgres()
  try {
    const { problems } = await killRun(KILLS, await postgres.createDatabase(), () => undefined)

    expect(problems).toEqual([])
  } finally {
    await postgres.stop()
  }
}, 180_000)
