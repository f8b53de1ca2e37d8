import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WorkloadView } from '../../src/contract/workload-view.ts'
import {
  expectExit,
  needProgram,
  openShell,
  quietPort,
  type Ran,
  type Shell,
  until,
} from '../support/shell.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/haproxy')
/** The tour takes about 90 seconds on a quiet machine; a busy one may take twice that. */
const WITHIN_MS = 240_000
/** Enough that a share of a few per cent on the wrong release would show. */
const REQUESTS = 60

beforeAll(() => {
  needProgram('haproxy', 'haproxy')
  needProgram('curl', 'curl')
  needProgram('script', 'bsdutils')
  needProgram('python3', 'python3')
})

describe('the five minutes of examples/haproxy/README.md, block by block', () => {
  test(
    'bring two releases out, halt the third, go back on a yes, and the next time alone',
    () =>
      withTour(async (tour) => {
        const explained = await tour.run('goaround lint --explain')
        expect(explained.exit).toBe(3)
        expect(explained.said).toContain('fall back: the old stack is brought to 100 %')
        await tour.startBoth()
        await tour.bringOutFirst()
        await tour.beginUsers()

        const good = await tour.run('goaround deploy --release 2.0 --watch')
        expectExit(good, 0)
        expect(good.said).toContain('2.0 serves 100 % of the traffic')
        expect((await tour.workload()).lastKnownGood).toMatchObject({ release: '2.0' })

        const bad = await tour.run('goaround deploy --release 2.1 --watch')
        expectExit(bad, 12)
        expect(bad.said).toMatch(/Halted: group 'tenth': errors/)
        expect(bad.said).toContain('fallback waits for the yes of 1 × on-call')

        const yes = await tour.run('goaround approve', 'y')
        expect(yes.said).toContain("Approve 'fallback'?")
        expectExit(yes, 0)
        const watched = await tour.run('goaround watch shop-3')
        expectExit(watched, 10)
        await tour.expectAllOn('2.0')
        expect((await tour.run('goaround why shop-3')).said).toContain('Decision: fallback')
        const postmortem = await tour.run('cat .goaround/postmortems')
        expect(postmortem.exit).toBe(0)
        expect(postmortem.said).toContain('# Postmortem: shop 2.1 (shop-3)')

        const refused = await tour.shell.run('goaround deploy --release 2.1')
        expectExit(refused, 3)
        expect(refused.said).toContain('in quarantine')
        await tour.run('cat >> goaround.yaml')
        const alone = await tour.run('goaround deploy --release 2.1 --lift-quarantine')
        expectExit(alone, 10)
        expect(alone.said).toContain('the strategy lets it act alone: fallback was rehearsed')
        await tour.expectAllOn('2.0')

        expect(tour.blocksLeft()).toEqual([])
        expect((await tour.workload()).lastKnownGood).toMatchObject({ release: '2.0' })
        const { said } = await tour.shell.run('goaround audit verify')
        expect(said).toContain('✔')
      }),
    WITHIN_MS,
  )

  test(
    'work as well with a server that knows nothing of goaround, the one that the README names',
    () =>
      withTour(async (tour) => {
        const example = tour.ownService()
        for (const release of ['1.0', '2.0', '2.1']) {
          const run = join(tour.shell.folder, 'releases', release, 'run')
          const text = example.replaceAll('releases/1.0', `releases/${release}`)
          writeFileSync(run, release === '2.1' ? text.replace('http.server', 'http.sevrer') : text)
          const pages = join(tour.shell.folder, 'releases', release, 'public')
          mkdirSync(pages)
          for (const page of ['cart', 'index.html'])
            writeFileSync(join(pages, page), `shop ${release}\n`)
        }
        await tour.run('goaround lint --explain')
        await tour.startBoth()
        await tour.bringOutFirst()
        await tour.beginUsers()

        const good = await tour.run('goaround deploy --release 2.0 --watch')
        expectExit(good, 0)
        await tour.expectAllOn('2.0')
        const broken = await tour.run('goaround deploy --release 2.1 --watch')
        expect(broken.said).toMatch(
          /Halted: could not start web 2\.1 .*No module named http\.sevrer/,
        )
        expectExit(broken, 12)
        await tour.expectAllOn('2.0')
      }),
    WITHIN_MS,
  )
})

interface Tour {
  readonly shell: Shell
  /** Runs the README's next block, which has to begin like this; `types` is for one that asks. */
  readonly run: (beginning: string, types?: string) => Promise<Ran>
  readonly startBoth: () => Promise<void>
  readonly bringOutFirst: () => Promise<void>
  readonly beginUsers: () => Promise<void>
  readonly workload: () => Promise<WorkloadView>
  /** Asks HAProxy itself, and as the users do. */
  readonly expectAllOn: (release: string) => Promise<void>
  readonly blocksLeft: () => readonly string[]
  /** The `run` that the README proposes for another service. */
  readonly ownService: () => string
}

/** A copy of the example on free ports, exactly as the README says how to change them. */
async function withTour(body: (tour: Tour) => Promise<void>): Promise<void> {
  const shell = await openShell()
  // Also after a test that took too long, which no `finally` would see.
  onTestFinished(shell.close)
  cpSync(EXAMPLE, shell.folder, { recursive: true })
  const ports = new Map<string, number>()
  for (const port of ['8080', '8101', '8201', '8514', '4800']) ports.set(port, await quietPort())
  const moved = (text: string) =>
    text.replaceAll(/\b(8080|8101|8201|8514)\b/g, (port) => String(ports.get(port)))
  for (const file of ['goaround.yaml', 'haproxy.cfg'])
    writeFileSync(join(shell.folder, file), moved(readFileSync(join(EXAMPLE, file), 'utf8')))
  const blocks = blocksOf(moved(readFileSync(join(EXAMPLE, 'README.md'), 'utf8')))
  const address = `127.0.0.1:${ports.get('4800')}`
  shell.env['GOAROUND_SERVER'] = `http://${address}`
  await body(openTour(shell, blocks, { address, users: Number(ports.get('8080')) }))
}

function openTour(
  shell: Shell,
  blocks: readonly string[],
  { address, users }: { readonly address: string; readonly users: number },
): Tour {
  const left = blocks.filter((block) => !block.startsWith('#!'))
  const socket = join(shell.folder, 'haproxy.sock')
  const take = (beginning: string): string => {
    const block = left.shift()
    expect(block?.startsWith(beginning), `the next block is: ${block}`).toBe(true)
    return block ?? ''
  }
  const run = (beginning: string, types?: string) => {
    const block = take(beginning)
    if (types === undefined) return shell.run(block)
    // Gives it a terminal, as a person has one.
    return shell.run(`script -qec '${block.trim()}' /dev/null`, { types: `${types}\n` })
  }
  const get = () => fetch(`http://127.0.0.1:${users}/`).then((answer) => answer.text())
  return {
    shell,
    run,
    async startBoth() {
      shell.begin(take('haproxy '))
      await until('the socket of HAProxy', () => existsSync(socket))
      const up = shell.begin(`${take('goaround up').trim()} --listen ${address}`)
      const [token] = await up.says(/goa_\S+/)
      const exported = /^export (\w+)=goa_…$/.exec(take('export').trim())
      shell.env[exported?.[1] ?? ''] = token
    },
    async bringOutFirst() {
      const first = await run('goaround deploy --release 1.0 --watch')
      expectExit(first, 0)
      expect(first.said).toContain('completed')
      // HAProxy looks at its servers by itself, twice a second.
      await until('HAProxy serving 1.0', async () => (await get()) === 'shop 1.0\n')
    },
    async beginUsers() {
      shell.begin(take('while'))
    },
    async workload() {
      const answer = await fetch(`http://${address}/v1/workloads/shop`, {
        headers: { authorization: `Bearer ${shell.env['GOAROUND_TOKEN']}` },
      })
      return WorkloadView.parse(await answer.json())
    },
    async expectAllOn(release) {
      const servers = (await ask(socket, 'show servers state shop'))
        .split('\n')
        .filter((line) => line.includes(' shop '))
        .map((line) => line.split(' '))
      const weights = servers.map(([, , , name, , , , weight]) => [name, Number(weight)] as const)
      expect(weights).toHaveLength(2)
      // 1.0 went to blue, so 2.0 is on green and every further candidate on blue.
      expect(Object.fromEntries(weights)).toMatchObject({ blue: 0, green: expect.any(Number) })
      const seen = new Set<string>()
      for (let nth = 0; nth < REQUESTS; nth += 1) seen.add(await get())
      expect([...seen]).toEqual([`shop ${release}\n`])
    },
    blocksLeft: () => left,
    ownService: () => blocks.find((block) => block.startsWith('#!')) ?? '',
  }
}

/** The shell blocks of a page, without the indentation of the lists in which they stand. */
function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** What HAProxy's own socket answers. */
function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const connection = connect(path)
    connection.on('error', reject)
    connection.on('data', (chunk) => (text += chunk.toString()))
    connection.on('close', () => resolve(text))
    connection.end(`${command}\n`)
  })
}
