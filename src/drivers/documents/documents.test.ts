import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDocuments } from './documents.ts'

const ask = { effectId: 'shop-1/postmortem', signal: new AbortController().signal }

test('a text can be read where it was said to be, and a second one takes its place', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'goaround-documents-')), 'postmortems')
  const documents = openDocuments(folder)

  await documents.write('postmortem-shop-1.md', 'draft', ask)
  const written = await documents.write('postmortem-shop-1.md', 'better draft', ask)

  expect(written).toEqual({ ok: true, value: { path: join(folder, 'postmortem-shop-1.md') } })
  expect(readFileSync(join(folder, 'postmortem-shop-1.md'), 'utf8')).toBe('better draft')
})

test('a name that leads out of the folder is refused', async () => {
  const documents = openDocuments(mkdtempSync(join(tmpdir(), 'goaround-documents-')))

  const written = await documents.write('../elsewhere.md', 'text', ask)

  expect(written).toMatchObject({ ok: false, problem: { reason: 'misconfigured', retry: 'never' } })
})

test('a folder that cannot be made is a failure that names it', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'goaround-documents-')), 'a-file')
  writeFileSync(file, '')
  const documents = openDocuments(join(file, 'postmortems'))

  const written = await documents.write('x.md', 'text', ask)

  expect(written.ok ? '' : written.problem.detail).toContain(join(file, 'postmortems'))
})
