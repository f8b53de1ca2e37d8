import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../src/store/open-store.ts'

/**
 * A process of its own that appends to one stream: `event-store-writer.ts URL STREAM [COUNT]`.
 * Writes each version to standard output after it was acknowledged, and goes on until it has
 * appended COUNT events or is killed.
 */
const [url = '', stream = '', count = 'Infinity'] = process.argv.slice(2)
const store = await openStore(url)

let version = (await store.read(stream)).length
for (let added = 0; added < Number(count); ) {
  const outcome = await store.append(
    [
      {
        stream,
        expected: version,
        events: [{ type: 'test.written', data: { pid: process.pid, text: 'x'.repeat(500) } }],
      },
    ],
    { by: 'goaround', authority: null, causedBy: null, at: Date.now() },
    { views: [{ kind: 'stream', id: stream, summary: { version: version + 1 } }] },
  )
  if (outcome.ok) {
    version += 1
    added += 1
    process.stdout.write(`${version}\n`)
  } else {
    version = (await store.read(stream)).length
    // Rivals that try again in step would keep each other busy.
    await sleep(Math.random() * 3)
  }
}
await store.close()
