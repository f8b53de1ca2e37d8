import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import type { Database } from './event-store-world.ts'

const WRITER = join(import.meta.dirname, 'event-store-writer.ts')

/** How often a writer is killed. A failure that is rarer than one in some hundred appends may still slip through. */
const KILLS = 5

const WRITER_DEADLINE_MS = 20_000

/** What a store promises to processes, above all to those that die in the middle. */
export function processPromises(database: () => Database): void {
  function startWriter(stream: string, count?: number): ChildProcess {
    const url = database().url
    if (url === null) throw new Error('a store in memory has no other processes')
    const args = [WRITER, url, stream, ...(count === undefined ? [] : [String(count)])]
    return spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: WRITER_DEADLINE_MS,
      killSignal: 'SIGKILL',
    })
  }

  test('whatever was acknowledged before kill -9 is there afterwards, without gaps', async () => {
    const acknowledged = { version: 0 }
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const writer = startWriter('s')
      const enough = acknowledged.version + 20
      writer.stdout?.setEncoding('utf8').on('data', (text: string) => {
        // A version may arrive in two pieces only if a pipe splits it; lines are far below its size.
        acknowledged.version = Math.max(
          acknowledged.version,
          ...text.trim().split('\n').map(Number),
        )
      })
      const closed = once(writer, 'close')
      while (acknowledged.version < enough && writer.exitCode === null) await sleep(1)
      await sleep(Math.random() * 30)
      writer.kill('SIGKILL')
      await closed

      const store = await database().open()
      const versions = (await store.read('s')).map(({ version }) => version)
      expect(acknowledged.version).toBeGreaterThanOrEqual(enough)
      expect(versions.length).toBeGreaterThanOrEqual(acknowledged.version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
      // At most the one append that was under way was recorded and not acknowledged.
      expect(versions.length).toBeLessThanOrEqual(acknowledged.version + 1)
      expect((await store.view('stream', 's'))?.summary).toEqual({ version: versions.length })
      expect((await verifyAudit(store)).problems).toEqual([])
      acknowledged.version = versions.length
    }
  })

  test('several processes may open an empty database at once and write to one stream', async () => {
    const writers = Array.from({ length: 3 }, () => startWriter('s', 40))
    const codes = await Promise.all(writers.map((writer) => once(writer, 'exit')))
    expect(codes).toEqual(writers.map(() => [0, null]))

    const store = await database().open()
    const events = await store.read('s')
    expect(events.map(({ version }) => version)).toEqual(
      Array.from({ length: 120 }, (_, index) => index + 1),
    )
    expect((await verifyAudit(store)).problems).toEqual([])
  })
}
