import { expect, test } from 'vitest'
import { Defect } from '../../src/core/kernel/invariant.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import { COMMAND_IDS_KEPT_MS, EVENT_BYTES_MAX, PAGE_MAX } from '../../src/store/limits.ts'
import { counted, countedTo, provenance, type World } from './event-store-world.ts'

const RIVALS = 20

/** What appending and reading promise. */
export function appendPromises({ store, database }: World): void {
  const by = () => provenance(database().now())

  test('an event comes back as it was recorded', async () => {
    const at = database().now()
    const data = {
      text: 'grüße \u0000 \ud83d\ude80 \ud800',
      list: [1, null, 2.5e-7],
      deep: { z: true },
    }
    await store().append(
      [{ stream: 's', expected: 0, events: [{ type: 't', data }] }],
      provenance(at),
    )

    const [event] = await store().read('s')
    expect(event).toMatchObject({ stream: 's', version: 1, type: 't', data, recordedAt: at })
    expect(event).toMatchObject({
      recordedBy: 'person:alice',
      authority: 'role:operator',
      causedBy: 'request-1',
    })
  })

  test('a stream is read from any version on, and one that does not exist is empty', async () => {
    await store().append([{ stream: 's', expected: 0, events: countedTo(5) }], by())
    const versions = async (after?: number) =>
      (await store().read('s', after)).map(({ version }) => version)
    expect(await versions()).toEqual([1, 2, 3, 4, 5])
    expect(await versions(3)).toEqual([4, 5])
    expect(await versions(5)).toEqual([])
    expect(await store().read('unheard of')).toEqual([])
  })

  test('a stream of more than one page is read whole', async () => {
    await store().append([{ stream: 's', expected: 0, events: countedTo(PAGE_MAX) }], by())
    await store().append([{ stream: 's', expected: PAGE_MAX, events: countedTo(7) }], by())
    const events = await store().read('s')
    expect(events.map(({ version }) => version)).toEqual(
      Array.from({ length: PAGE_MAX + 7 }, (_, index) => index + 1),
    )
  })

  test('of twenty rivals on one stream exactly one wins', async () => {
    const handles = await Promise.all(Array.from({ length: 4 }, () => database().open()))
    for (const expected of [0, 1, 2]) {
      const outcomes = await Promise.all(
        Array.from({ length: RIVALS }, (_, n) => {
          const append = { stream: 's', expected, events: [counted(n)] }
          return (handles[n % handles.length] ?? store()).append([append], by())
        }),
      )
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
      expect(outcomes.filter((outcome) => !outcome.ok)).toEqual(
        Array.from({ length: RIVALS - 1 }, () => no('stream-moved-on')),
      )
    }
    expect(await store().read('s')).toHaveLength(3)
  })

  test('a writer who believes too few or too many events is refused', async () => {
    await store().append([{ stream: 's', expected: 0, events: countedTo(2) }], by())
    for (const expected of [0, 1, 3]) {
      const outcome = await store().append([{ stream: 's', expected, events: [counted(9)] }], by())
      expect(outcome).toEqual(no('stream-moved-on'))
    }
    expect(await store().read('s')).toHaveLength(2)
  })

  test('several streams get their events together or not at all, with pokes and lists', async () => {
    await store().append([{ stream: 'b', expected: 0, events: [counted(1)] }], by())
    const at = database().now()
    const options = {
      pokes: [{ key: 'work', at }],
      views: [{ kind: 'rollout', id: '1', summary: {} }],
    }
    const both = (expected: number) =>
      store().append(
        [
          { stream: 'a', expected: 0, events: [counted(1)] },
          { stream: 'b', expected, events: [counted(2)] },
        ],
        by(),
        options,
      )

    expect(await both(0)).toEqual(no('stream-moved-on'))
    expect(await store().read('a')).toEqual([])
    expect(await store().nextDue()).toBeNull()
    expect(await store().view('rollout', '1')).toBeNull()

    expect(await both(1)).toEqual(yes({ repeated: false }))
    expect(await store().read('a')).toHaveLength(1)
    expect(await store().read('b')).toHaveLength(2)
    expect(await store().nextDue()).toBe(at)
    expect(await store().view('rollout', '1')).not.toBeNull()
  })

  test('appends that name the same streams in opposite order do not wait for each other for ever', async () => {
    const handles = await Promise.all([database().open(), database().open()])
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const appends = [`left ${n}`, `right ${n}`].map((stream) => ({
          stream,
          expected: 0,
          events: [counted(n)],
        }))
        const pokes = [
          { key: 'x', at: n },
          { key: 'y', at: n },
        ]
        const options = { pokes: n % 2 === 0 ? pokes : pokes.toReversed() }
        const turned = n % 2 === 0 ? appends : appends.toReversed()
        return (handles[n % 2] ?? store()).append(turned, by(), options)
      }),
    )
    expect(outcomes).toEqual(outcomes.map(() => yes({ repeated: false })))
  })

  test('an append without events only checks where the stream stands', async () => {
    await store().append([{ stream: 's', expected: 0, events: [counted(1)] }], by())
    const check = (expected: number) =>
      store().append([{ stream: 's', expected, events: [] }], by())
    expect(await check(1)).toEqual(yes({ repeated: false }))
    expect(await check(2)).toEqual(no('stream-moved-on'))
  })

  test('a command that is repeated answers yes without a second effect, even after the stream moved on', async () => {
    const append = [{ stream: 's', expected: 0, events: [counted(1)] }]
    const options = { commandId: 'c-1', pokes: [{ key: 'k', at: 1 }] }
    expect(await store().append(append, by(), options)).toEqual(yes({ repeated: false }))
    expect(await store().append(append, by(), options)).toEqual(yes({ repeated: true }))
    await store().append([{ stream: 's', expected: 1, events: [counted(2)] }], by())
    expect(await store().append(append, by(), options)).toEqual(yes({ repeated: true }))
    expect(await store().read('s')).toHaveLength(2)
    expect(await store().claim('me', 1, 1, 1_000)).toMatchObject([{ want: 1 }])
  })

  test('of rivals with one command id one does the work and the others hear of it', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: RIVALS }, (_, n) =>
        store().append([{ stream: `s${n}`, expected: 0, events: [counted(n)] }], by(), {
          commandId: 'same',
        }),
      ),
    )
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    const repeated = outcomes.filter((outcome) => outcome.ok && outcome.value.repeated)
    expect(repeated).toHaveLength(RIVALS - 1)
  })

  test('a command that was refused may be tried again under its id', async () => {
    for (const [expected, outcome] of [
      [4, no('stream-moved-on')],
      [0, yes({ repeated: false })],
    ] as const) {
      const append = [{ stream: 's', expected, events: [counted(1)] }]
      expect(await store().append(append, by(), { commandId: 'c' })).toEqual(outcome)
    }
  })

  test('a command id is forgotten after its time', async () => {
    const at = database().now()
    for (const [stream, when, repeated] of [
      ['a', at, false],
      ['b', at + COMMAND_IDS_KEPT_MS, true],
      ['b', at + COMMAND_IDS_KEPT_MS + 1, false],
    ] as const) {
      const append = [{ stream, expected: 0, events: [counted(1)] }]
      const outcome = await store().append(append, provenance(when), { commandId: 'c' })
      expect(outcome).toEqual(yes({ repeated }))
    }
  })

  test('what breaks a limit is our own mistake and records nothing', async () => {
    const append = (events: readonly { type: string; data: unknown }[], stream = 's') =>
      store().append([{ stream, expected: 0, events }], by())
    const data = 'x'.repeat(EVENT_BYTES_MAX)
    await expect(append([{ type: 't', data }])).rejects.toThrow(Defect)
    await expect(append([{ type: 't', data }])).rejects.toThrow(
      /holds 262146 bytes; at most 262144/,
    )
    await expect(append(countedTo(PAGE_MAX + 1))).rejects.toThrow(/adds 1001 events/)
    await expect(append([counted(1)], '')).rejects.toThrow(/a stream is empty/)
    await expect(append([counted(1)], 'a\0b')).rejects.toThrow(/not storable text/)
    expect(await store().head()).toBeNull()

    expect(await append([{ type: 't', data: data.slice(2) }])).toEqual(yes({ repeated: false }))
  })
}
