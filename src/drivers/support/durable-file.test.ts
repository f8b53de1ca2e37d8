import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { claimFile, readIfThere, replaceFile } from './durable-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goaround-durable-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

it('of many that claim a file exactly one gets it, and its content is whole', async () => {
  const path = join(folder, 'claim')
  const claims = Array.from({ length: 30 }, (_, n) => claimFile(path, `claimed by ${n}`))
  const won = (await Promise.all(claims)).flatMap((mine, n) => (mine ? [n] : []))
  expect(won).toHaveLength(1)
  expect(await readIfThere(path)).toBe(`claimed by ${won[0]}`)
  expect(await readdir(folder)).toEqual(['claim'])
})

it('a reader of a file that is being replaced sees the old or the new and never a part', async () => {
  const path = join(folder, 'file')
  const contents = ['a', 'b'].map((sign) => sign.repeat(200_000))
  await replaceFile(path, contents[0] ?? '')
  const progress = { writing: true }
  const writer = (async () => {
    for (let times = 0; times < 20; times += 1) await replaceFile(path, contents[times % 2] ?? '')
    progress.writing = false
  })()
  const seen = new Set<string>()
  while (progress.writing) seen.add(await readFile(path, 'utf8'))
  await writer
  expect(seen.size).toBeGreaterThan(0)
  expect([...seen].filter((text) => !contents.includes(text))).toEqual([])
})

it('a file that is replaced keeps its mode, and a new one is private', async () => {
  const path = join(folder, 'file')
  await replaceFile(path, 'new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await chmod(path, 0o644)
  await replaceFile(path, 'newer')
  expect((await stat(path)).mode & 0o777).toBe(0o644)
})

it('a link is followed and stays', async () => {
  const [target, link] = [join(folder, 'target'), join(folder, 'link')]
  await writeFile(target, 'old')
  await symlink(target, link)
  await replaceFile(link, 'new')
  expect(await readFile(target, 'utf8')).toBe('new')
})

it('nothing is left behind when a file cannot be replaced', async () => {
  await expect(replaceFile(join(folder, 'missing', 'file'), 'x')).rejects.toThrow('ENOENT')
  expect(await readIfThere(join(folder, 'missing', 'file'))).toBeNull()
  expect(await readdir(folder)).toEqual([])
})
