import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from './open-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goaround-open-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test.each(['sqlite:', 'sqlite://', 'SQLite:', ''])('"%sPATH" opens a file', async (prefix) => {
  const path = join(folder, 'goaround.db')
  const store = await openStore(`${prefix}${path}`)
  expect(store.where).toBe(`at ${path}`)
  await store.close()
  expect(readdirSync(folder)).toEqual(['goaround.db'])
})

test.each([':memory:', 'sqlite::memory:'])('"%s" keeps nothing on disk', async (url) => {
  const store = await openStore(url)
  expect(store.where).toBe('in memory')
  await store.close()
})

test.each(['mysql://u:s3cret@host/db', 'https://u:s3cret@host', 'sqlite:', ''])(
  '"%s" is refused without being quoted',
  async (url) => {
    const refusal = await openStore(url).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      name: 'StoreTrouble',
      kind: 'unusable',
      message: expect.stringMatching(/^(?!.*s3cret).*Write sqlite:PATH, a path, or postgres:\/\//),
    })
  },
)

test.each(['postgres', 'postgresql'])(
  '"%s://" goes to the server that it names',
  async (scheme) => {
    await expect(openStore(`${scheme}://u:s3cret@127.0.0.1:1/db`)).rejects.toMatchObject({
      kind: 'down',
      message: expect.stringMatching(/^(?!.*s3cret)The event store at 127\.0\.0\.1:1\/db cannot/),
    })
  },
)
