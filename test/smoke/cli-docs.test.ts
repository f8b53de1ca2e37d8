import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { ENDPOINTS, type Endpoint } from '../../src/contract/endpoints.ts'
import { goaround } from '../support/terminal.ts'

const docs = join(import.meta.dirname, '../../docs')
const api = readFileSync(join(docs, 'api.md'), 'utf8')
const cli = readFileSync(join(docs, 'cli.md'), 'utf8')

test('docs/api.md lists every endpoint with its permission, and no other', () => {
  const listed = [...api.matchAll(/^\| `([A-Z]+ \/v1\S+)` *\|.*\| (\w+) *\|$/gm)].map(
    ([, request, permission]) => `${request} ${permission}`,
  )
  const real = Object.values<Endpoint>(ENDPOINTS).map(
    ({ method, path, may }) => `${method.toUpperCase()} ${path} ${may}`,
  )
  expect(listed.toSorted()).toEqual(real.toSorted())
})

test('docs/cli.md lists every command and exit code, and no other', async () => {
  const { out } = await goaround(['--help'])
  const commands = [...out.matchAll(/^ {2}([a-z]+)(?= |$)/gm)].map(([, name = '']) => name)
  const real = commands.filter((name) => name !== 'help')
  const listed = [...cli.matchAll(/^\| `([a-z]+)[^|]*\|/gm)].map(([, name = '']) => name)
  expect([...new Set(listed)].toSorted()).toEqual(real.toSorted())
  const codes = [...cli.matchAll(/^\| (\d+) *\|/gm)].map(([, code]) => Number(code))
  expect(codes).toEqual(Object.values(EXIT))
})
