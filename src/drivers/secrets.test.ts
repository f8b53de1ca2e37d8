import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { expectNoSecret } from '../../test/support/no-secret.ts'
import { openSecrets } from './secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'goaround-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(content: string): string {
  const file = join(folder, `secret-${Math.random().toString(36).slice(2)}`)
  writeFileSync(file, content)
  return file
}

describe('a secret', () => {
  it('is looked up at each use, so that a rotated one is found', async () => {
    const environment: NodeJS.ProcessEnv = { TOKEN: 'first' }
    const secrets = openSecrets(environment)
    expect(await secrets({ env: 'TOKEN' })).toEqual({ ok: true, value: 'first' })
    environment['TOKEN'] = 'second'
    expect(await secrets({ env: 'TOKEN' })).toEqual({ ok: true, value: 'second' })
  })

  it.each([
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    [' two\nlines \n', ' two\nlines '],
  ])('in a file is its content without the last line break: %j', async (content, value) => {
    expect(await openSecrets({})({ file: fileOf(content) })).toEqual({ ok: true, value })
  })
})

describe('a secret that cannot be had', () => {
  it.each([
    ['is not set', { env: 'MISSING_TOKEN' }, /MISSING_TOKEN is not set/],
    ['is empty', { env: 'EMPTY_TOKEN' }, /EMPTY_TOKEN is empty/],
    ['is no file', { file: '/no/such/file' }, /\/no\/such\/file cannot be read \(ENOENT\)/],
    ['is an empty file', { file: fileOf('\n') }, /is empty/],
    ['is a folder', { file: folder }, /cannot be read \(EISDIR\)/],
    ['is far too long', { file: fileOf('hunter2'.repeat(20_000)) }, /is 140000 bytes/],
  ])('because it %s is named by its reference alone', async (_why, ref, says) => {
    const outcome = await openSecrets({ EMPTY_TOKEN: '', OTHER: 'hunter2' })(ref)
    expect(outcome).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(outcome.ok ? '' : outcome.problem.detail).toMatch(says)
    expectNoSecret([JSON.stringify(outcome)], ['hunter2'])
  })
})
