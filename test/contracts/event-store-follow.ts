import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { StoredEvent } from '../../src/ports/event-store.ts'
import { counted, countedTo, provenance, type World } from './event-store-world.ts'

const WRITERS = 8
const APPENDS_EACH = 40

/** How long a reader may lag behind: on PostgreSQL any open transaction of the whole server delays it. */
const LAG_DEADLINE_MS = 20_000

/** What followers of the whole log are promised. */
export function followPromises({ store, database }: World): void {
  const by = () => provenance(database().now())

  /** Follows until so many events came, then once more to see that there are no others. */
  async function follow(
    after: string | null,
    count: number,
    limit = 7,
  ): Promise<readonly StoredEvent[]> {
    const seen: StoredEvent[] = []
    const deadline = Date.now() + LAG_DEADLINE_MS
    for (;;) {
      const page = await store().follow(seen.at(-1)?.position ?? after, limit)
      seen.push(...page)
      if (page.length > limit)
        throw new Error(`a page of ${page.length} where ${limit} were asked for`)
      if (page.length === 0 && seen.length >= count) return seen
      if (Date.now() > deadline) throw new Error(`${seen.length} of ${count} events came in time`)
      if (page.length === 0) await sleep(5)
    }
  }

  test('an empty log has no head and no events', async () => {
    expect(await store().head()).toBeNull()
    expect(await store().follow(null, 10)).toEqual([])
  })

  test('all streams come in one order, page by page', async () => {
    for (const n of [0, 1, 2]) {
      await store().append(
        [
          { stream: 'a', expected: n, events: [counted(n)] },
          { stream: 'b', expected: n, events: [counted(n)] },
        ],
        by(),
      )
    }
    const all = await follow(null, 6, 4)
    expect(all.map(({ version }) => version)).toEqual([1, 1, 2, 2, 3, 3])
    expect(await follow(all[3]?.position ?? null, 2)).toEqual(all.slice(4))
    expect(await store().head()).toBe(all[5]?.position)
  })

  test('the events of one append come in the order in which they were given', async () => {
    await store().append([{ stream: 's', expected: 0, events: countedTo(30) }], by())
    const all = await follow(null, 30)
    expect(all.map(({ version }) => version)).toEqual(all.map((_, index) => index + 1))
  })

  test('behind the head nothing comes until something happens', async () => {
    await store().append([{ stream: 's', expected: 0, events: countedTo(3) }], by())
    await follow(null, 3)
    const head = await store().head()
    expect(await store().follow(head, 10)).toEqual([])
    await store().append([{ stream: 's', expected: 3, events: [counted(4)] }], by())
    expect((await follow(head, 1)).map(({ version }) => version)).toEqual([4])
  })

  test('a reader misses nothing while eight writers append', async () => {
    const handles = await Promise.all(Array.from({ length: WRITERS }, () => database().open()))
    const writing = Promise.all(
      handles.map(async (handle, writer) => {
        for (let n = 0; n < APPENDS_EACH; n += 1) {
          const own = { stream: `writer ${writer}`, expected: n, events: [counted(n)] }
          expect(await handle.append([own], by())).toMatchObject({ ok: true })
        }
      }),
    )
    const all = await follow(null, WRITERS * APPENDS_EACH)
    await writing

    expect(all).toHaveLength(WRITERS * APPENDS_EACH)
    for (let writer = 0; writer < WRITERS; writer += 1) {
      const own = all.filter(({ stream }) => stream === `writer ${writer}`)
      expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 1))
      expect(own).toHaveLength(APPENDS_EACH)
    }
    const positions = all.map(({ position }) => position)
    expect(positions.toSorted()).toEqual(positions)
    expect(new Set(positions).size).toBe(positions.length)
  })
}
