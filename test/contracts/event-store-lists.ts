import { expect, test } from 'vitest'
import type { View } from '../../src/ports/event-store.ts'
import { counted, provenance, type World } from './event-store-world.ts'

const row = (id: string, summary: unknown = { id }): View => ({ kind: 'rollout', id, summary })

/** What lists and checkpoints promise. */
export function listPromises({ store, database }: World): void {
  const write = (views: readonly View[]) =>
    store().append([], provenance(database().now()), { views })

  test('a list is paged from the newest id to the oldest', async () => {
    // Byte by byte, as in C: an English server would sort "b" before "C".
    const ids = ['A-1', 'A-2', 'C', 'b', 'ä']
    await write([...ids.toReversed().map((id) => row(id)), { kind: 'other', id: 'z', summary: 1 }])

    const page = (after: string | null, limit: number) =>
      store()
        .list('rollout', { after, limit })
        .then((rows) => rows.map(({ id }) => id))
    expect(await page(null, 2)).toEqual(['ä', 'b'])
    expect(await page('b', 2)).toEqual(['C', 'A-2'])
    expect(await page('A-2', 2)).toEqual(['A-1'])
    expect(await page('A-1', 2)).toEqual([])
    expect(await store().list('unheard of', { after: null, limit: 10 })).toEqual([])
  })

  test('a row is replaced by the append that changes it, and found by its id', async () => {
    await write([row('1', { phase: 'begun' })])
    await store().append(
      [{ stream: 's', expected: 0, events: [counted(1)] }],
      provenance(database().now()),
      { views: [row('1', { phase: 'over' }), row('2')] },
    )
    expect(await store().view('rollout', '1')).toEqual(row('1', { phase: 'over' }))
    expect(await store().view('rollout', '3')).toBeNull()
    expect(await store().list('rollout', { after: null, limit: 10 })).toEqual([
      row('2'),
      row('1', { phase: 'over' }),
    ])
  })

  test('a checkpoint is what was saved last', async () => {
    expect(await store().loadCheckpoint('k')).toBeNull()
    await store().saveCheckpoint('k', { n: 1, list: ['a'] })
    await store().saveCheckpoint('k', { n: 2 })
    await store().saveCheckpoint('l', [1, 2])
    expect(await store().loadCheckpoint('k')).toEqual({ n: 2 })
    expect(await (await database().open()).loadCheckpoint('l')).toEqual([1, 2])
  })
}
