import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFiles } from '../../src/drivers/files/files.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { fakeConfiguration } from '../support/fake-configuration.ts'
import { configurationContract } from './configuration.ts'

configurationContract('the fake configuration', async () => {
  const configuration = fakeConfiguration(fakeClock())
  const path = '/etc/shop.yaml'
  return {
    configuration,
    path,
    edit: async (content) => configuration.edit(path, content),
    content: async () => configuration.contentOf(path),
  }
})

configurationContract('the files driver', async () => {
  const { path, configuration } = openFolder()
  return {
    configuration,
    path,
    edit: async (content) =>
      content === null ? rmSync(path, { force: true }) : writeFileSync(path, content),
    content: async () => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  }
})

test('a kept copy that was damaged is not put back', async () => {
  const { path, kept, configuration } = openFolder()
  writeFileSync(path, 'a: 1')
  const ask = { effectId: 'x', signal: AbortSignal.timeout(5_000) }
  const seen = await configuration.keep(path, ask)
  const digest = seen.ok ? seen.value.digest : null
  for (const name of readdirSync(kept)) writeFileSync(join(kept, name), 'a: evil')
  writeFileSync(path, 'a: 2')

  const outcome = await configuration.restore(path, digest, ask)

  expect(outcome).toMatchObject({ ok: false, problem: { retry: 'never' } })
  expect(readFileSync(path, 'utf8')).toBe('a: 2')
})

function openFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-files-'))
  const kept = join(folder, 'kept')
  return { path: join(folder, 'shop.yaml'), kept, configuration: openFiles(kept) }
}
