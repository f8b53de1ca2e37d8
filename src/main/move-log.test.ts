import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { goaround } from '../../test/support/terminal.ts'
import { openStore } from '../store/open-store.ts'
import { exportLog, importLog } from './move-log.ts'

let cwd: string
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'goaround-move-'))
  const store = await openStore(`sqlite:${join(cwd, 'old.db')}`)
  const fact = { type: 'said', data: { it: 'is so' } }
  const by = { by: 'alice', authority: null, causedBy: null, at: 1_795_442_400_000 }
  await store.append([{ stream: 's', expected: 0, events: [fact] }], by)
  await store.close()
})
afterEach(() => rmSync(cwd, { recursive: true }))

const run = (...argv: string[]) => goaround(argv, { cwd, actions: { exportLog, importLog } })

test('a log that was exported and imported is the same log', async () => {
  expect(await run('export', 'log.jsonl', '--store', `sqlite:${cwd}/old.db`)).toMatchObject({
    exit: 0,
    out: expect.stringContaining('log.jsonl holds the log of'),
  })
  const moved = await run('import', 'log.jsonl', '--store', `sqlite:${cwd}/new.db`)
  expect(moved).toMatchObject({ exit: 0, out: expect.stringContaining('1 events') })
  const store = await openStore(`sqlite:${cwd}/new.db`)
  expect(await store.read('s')).toMatchObject([{ type: 'said', data: { it: 'is so' } }])
  await store.close()
})

test('no file is replaced, no full log is mixed, and an edited export is refused', async () => {
  const from = ['--store', `sqlite:${cwd}/old.db`]
  await run('export', 'log.jsonl', ...from)
  expect(await run('export', 'log.jsonl', ...from)).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/log.jsonl exists already; name a new file/),
  })
  expect(await run('import', 'log.jsonl', ...from)).toMatchObject({
    exit: 2,
    err: expect.stringContaining('would mix two logs'),
  })
  const edited = readFileSync(join(cwd, 'log.jsonl'), 'utf8').replace('is so', 'is not')
  writeFileSync(join(cwd, 'edited.jsonl'), edited)
  expect(await run('import', 'edited.jsonl', '--store', `sqlite:${cwd}/new.db`)).toMatchObject({
    exit: 2,
    err: expect.stringContaining("event 1 of 's' was changed"),
  })
  expect(await run('import', 'none.jsonl', '--store', `sqlite:${cwd}/b.db`)).toMatchObject({
    exit: 2,
    err: expect.stringContaining('none.jsonl does not exist'),
  })
})
