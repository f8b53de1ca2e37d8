import { expect, test } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import { exportEvents } from '../../src/store/export-events.ts'
import { importEvents } from '../../src/store/import-events.ts'
import { ANCHOR_EVERY, PAGE_MAX } from '../../src/store/limits.ts'
import { counted, countedTo, provenance, type World } from './event-store-world.ts'

const HASH = 'f'.repeat(64)
const insertion = (stream: string, version: number) =>
  `insert into event (stream, version, type, data, recorded_at, recorded_by, hash)
   values ('${stream}', ${version}, 'test.counted', '{"n":9}', 1, 'person:mallory', '${HASH}')`

/** What somebody with the password of the database may do, and what the check then says. */
const TAMPERING: Record<string, { readonly by: readonly string[]; readonly found: object }> = {
  'an event whose data was changed': {
    by: [`update event set data = '{"n":99}' where stream = 'a' and version = 2`],
    found: { stream: 'a', version: 2, what: expect.stringMatching(/^the event was changed/) },
  },
  'an event that is now said to be by somebody else': {
    by: [`update event set recorded_by = 'person:bob' where stream = 'b' and version = 3`],
    found: { stream: 'b', version: 3, what: expect.stringMatching(/^the event was changed/) },
  },
  'an event that is now said to have been at another time': {
    by: [`update event set recorded_at = recorded_at - 60000 where stream = 'c' and version = 1`],
    found: { stream: 'c', version: 1, what: expect.stringMatching(/^the event was changed/) },
  },
  'an event that was removed from the middle': {
    by: [`delete from event where stream = 'a' and version = 3`],
    found: { stream: 'a', version: 3, what: 'event 3 of the stream was removed' },
  },
  'several events that were removed from the beginning': {
    by: [`delete from event where stream = 'a' and version < 4`],
    found: { stream: 'a', version: 1, what: 'events 1-3 of the stream were removed' },
  },
  'a tail that was cut off': {
    by: [`delete from event where stream = 'c' and version > 1`],
    found: { stream: 'c', version: 2, what: 'the stream was cut off: 2 events were recorded' },
  },
  'a tail that was cut off together with its head, once it was anchored': {
    by: [
      `delete from event where stream = 'a' and version = 5`,
      `update stream_head set version = 4, hash = (select hash from event where stream = 'a' and version = 4) where stream = 'a'`,
    ],
    found: { stream: 'a', version: 5, what: 'the event was removed: anchor 1 covers it' },
  },
  'a stream that was emptied': {
    by: [`delete from event where stream = 'c'`],
    found: { stream: 'c', version: 2, what: 'all 2 events of the stream were removed' },
  },
  'a stream that was removed with its head, once it was anchored': {
    by: [`delete from event where stream = 'b'`, `delete from stream_head where stream = 'b'`],
    found: { stream: 'b', version: 3, what: 'the event was removed: anchor 1 covers it' },
  },
  'an event that was added to the end': {
    by: [insertion('c', 3)],
    found: { stream: 'c', version: 3, what: 'the events from here on were inserted' },
  },
  'a stream that was made up': {
    by: [insertion('made up', 1)],
    found: { stream: 'made up', version: 1, what: 'the stream was inserted: it has no head' },
  },
  'two events that changed places': {
    by: [
      `update event set version = 77 where stream = 'a' and version = 2`,
      `update event set version = 2 where stream = 'a' and version = 3`,
      `update event set version = 3 where stream = 'a' and version = 77`,
    ],
    found: { stream: 'a', version: 2, what: expect.stringMatching(/^the event was changed/) },
  },
  'a head that was changed': {
    by: [`update stream_head set hash = '${HASH}' where stream = 'c'`],
    found: { stream: 'c', version: 2, what: 'the last event is not the one that was recorded' },
  },
  'an anchor that was changed': {
    by: [`update anchor set at = at + 1 where number = 1`],
    found: { stream: 'anchor 1', what: expect.stringMatching(/^the anchor was changed/) },
  },
  'an anchor that was removed, when a later one stands': {
    by: [`delete from anchor where number = 1`],
    found: { stream: 'anchor 2', what: 'anchors between 0 and this one were removed' },
  },
}

/** Events without their place in one database. */
const facts = (events: readonly object[]) => events.map((event) => ({ ...event, position: '' }))

/** What the audit trail promises, and moving it. */
export function auditPromises({ store, database }: World): void {
  const at = () => database().now()
  const append = (stream: string, expected: number, count: number) =>
    store().append([{ stream, expected, events: countedTo(count) }], provenance(at()))

  /** `a` and `b` are anchored, a second anchor covers `d`, `c` is not covered by any. */
  async function record(): Promise<void> {
    await append('a', 0, 5)
    await append('b', 0, 3)
    await store().anchor(at())
    await append('d', 0, 1)
    await store().anchor(at())
    await append('c', 0, 2)
  }

  test('nothing is found in a log that nobody touched', async () => {
    expect(await verifyAudit(store())).toMatchObject({ streams: 0, events: 0, anchor: null })
    await record()
    expect(await verifyAudit(store())).toMatchObject({
      streams: 4,
      events: 11,
      problems: [],
      problemsLeftOut: 0,
      anchor: { number: 2 },
    })
  })

  test('a log of several pages is checked whole', async () => {
    await append('long', 0, PAGE_MAX)
    await append('long', PAGE_MAX, 20)
    await append('short', 0, 2)
    expect(await verifyAudit(store())).toMatchObject({
      streams: 2,
      events: PAGE_MAX + 22,
      problems: [],
    })
  })

  test.each(Object.entries(TAMPERING))('%s is found', async (_name, { by, found }) => {
    await record()
    await database().dropGuards()
    for (const text of by) await database().sql(text)
    expect((await verifyAudit(store())).problems).toContainEqual(expect.objectContaining(found))
  })

  test('a slip of the hand cannot change or remove an event', async () => {
    await record()
    await expect(database().sql(`update event set data = '{}'`)).rejects.toThrow(/never changed/)
    await expect(database().sql(`delete from event`)).rejects.toThrow(/never removed/)
    expect((await verifyAudit(store())).problems).toEqual([])
  })

  test('who noted an anchor down learns that all of them were removed', async () => {
    await record()
    const { anchor } = await verifyAudit(store())
    if (anchor === null) throw new Error('there are two anchors')
    expect((await verifyAudit(store(), [anchor])).problems).toEqual([])
    await database().sql('delete from anchor')
    expect((await verifyAudit(store(), [anchor])).problems).toEqual([
      { stream: 'anchor 2', version: 0, what: 'the noted anchor was removed' },
    ])
  })

  test('heads are anchored by themselves now and then', async () => {
    for (let n = 0; n < ANCHOR_EVERY - 1; n += 1) await append(`s${n % 3}`, Math.floor(n / 3), 1)
    expect((await verifyAudit(store())).anchor).toBeNull()
    await append('last', 0, 1)
    expect((await verifyAudit(store())).anchor).toMatchObject({ number: 1 })
    expect(await store().anchor(at())).toBeNull()
    expect((await store().anchors(0, 10))[0]?.heads.map(([stream]) => stream)).toEqual([
      'last',
      's0',
      's1',
      's2',
    ])
  })

  test('an exported log is the same after its import, with anchors, lists and due work', async () => {
    await record()
    await append('a', 5, 1)
    const due = at() + 1_000
    const views = [{ kind: 'rollout', id: '1', summary: { phase: 'begun' } }]
    await store().append([], provenance(at()), { views, pokes: [{ key: 'k', at: due }] })
    const lines = await Array.fromAsync(exportEvents(store()))

    const other = await freshStore()
    expect(await importEvents(other, lines)).toEqual({ events: 12, views: 1 })
    for (const stream of ['a', 'b', 'c', 'd']) {
      expect(facts(await other.read(stream))).toEqual(facts(await store().read(stream)))
    }
    const before = await verifyAudit(store())
    expect(before.problems).toEqual([])
    expect(await verifyAudit(other)).toEqual(before)
    expect(await other.list('rollout', { after: null, limit: 5 })).toEqual(views)
    expect(await other.nextDue()).toBe(due)
    expect(
      await store().append([{ stream: 'a', expected: 6, events: [counted(1)] }], provenance(at())),
    ).toMatchObject({ ok: true })
    expect((await verifyAudit(store())).problems).toEqual([])
  })

  test('an export that was edited, cut off or is something else is refused', async () => {
    await append('s', 0, 3)
    const lines = await Array.fromAsync(exportEvents(store()))
    const edited = lines.map((line) => line.replace('{"n":2}', '{"n":3}'))
    const refusals: Record<string, readonly string[]> = {
      "line 3: event 2 of 's' was changed": edited,
      "line 3: event 3 of 's' was changed, or does not follow": lines.toSpliced(2, 1),
      'the file was cut off': lines.slice(0, -1),
      'does not begin as an export': lines.slice(1),
      '3 events were exported and 2 are here': lines.toSpliced(3, 1),
      'Line 1 of the import is not a line': ['hello'],
    }
    for (const [said, altered] of Object.entries(refusals)) {
      await expect(importEvents(await freshStore(), altered)).rejects.toThrow(said)
    }
    await expect(importEvents(store(), lines)).rejects.toThrow(/would mix two logs/)
  })

  /** A store of the same engine on another, empty database. */
  async function freshStore() {
    return (await database().another()).open()
  }
}
