import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

test.each([0o600, 0o644, 0o755])(
  'a file that was removed comes back with its mode %o',
  async (mode) => {
    const { path, configuration } = openFolder()
    const ask = { effectId: 'x', signal: AbortSignal.timeout(5_000) }
    writeFileSync(path, 'a: 1')
    chmodSync(path, mode)
    const seen = await configuration.keep(path, ask)
    await configuration.restore(path, null, ask)

    await configuration.restore(path, seen.ok ? seen.value.digest : null, ask)

    expect(statSync(path).mode & 0o777).toBe(mode)
  },
)

test('a file that is there keeps its own mode, and a link stays a link', async () => {
  const { path, configuration } = openFolder()
  const ask = { effectId: 'x', signal: AbortSignal.timeout(5_000) }
  const target = `${path}.real`
  writeFileSync(target, 'a: 1')
  symlinkSync(target, path)
  const seen = await configuration.keep(path, ask)
  writeFileSync(target, 'a: 2')
  chmodSync(target, 0o640)

  await configuration.restore(path, seen.ok ? seen.value.digest : null, ask)

  expect(readFileSync(target, 'utf8')).toBe('a: 1')
  expect(statSync(target).mode & 0o777).toBe(0o640)
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
})

function openFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-files-'))
  const kept = join(folder, 'kept')
  return { path: join(folder, 'shop.yaml'), kept, configuration: openFiles(kept) }
}
