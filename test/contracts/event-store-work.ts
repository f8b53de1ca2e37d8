import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { HOUR, MINUTE } from '../../src/core/kernel/instant.ts'
import { no, yes } from '../../src/core/kernel/result.ts'
import type { Lease } from '../../src/ports/event-store.ts'
import { counted, provenance, type World } from './event-store-world.ts'

/** What work, leases and fences promise. */
export function workPromises({ store, database }: World): void {
  const now = () => database().now()
  const poke = (key: string, at: number) => store().poke({ key, at })
  const claim = (owner: string, leaseMs: number = MINUTE) =>
    store().claim(owner, now(), 10, leaseMs)

  async function claimOne(owner: string): Promise<Lease> {
    const [lease] = await claim(owner)
    if (lease === undefined) throw new Error(`nothing was there for ${owner} to claim`)
    return lease
  }

  /** Lets a lease run out at once, as after a crash. */
  async function runOut(lease: Lease): Promise<void> {
    await store().renew([lease], now(), 1)
    await database().pass(50)
  }

  const appendUnder = (fence: Lease, expected: number) =>
    store().append([{ stream: 's', expected, events: [counted(1)] }], provenance(now()), { fence })

  test('nothing is due until somebody asks for it', async () => {
    expect(await store().nextDue()).toBeNull()
    expect(await claim('a')).toEqual([])
  })

  test('due work is claimed once, the longest due first, and never before its time', async () => {
    const at = now()
    await poke('late', at - 1)
    await poke('early', at - 5)
    await poke('later', at + HOUR)
    const leases = await claim('a')
    expect(leases).toMatchObject([
      { key: 'early', owner: 'a', epoch: 1, dueAt: at - 5, want: 1 },
      { key: 'late', owner: 'a', epoch: 1, dueAt: at - 1, want: 1 },
    ])
    expect(leases[0]?.leaseUntil).toBeGreaterThan(at)
    expect(await claim('b')).toEqual([])
  })

  test('no key is held by two owners who claim at the same time', async () => {
    const handles = await Promise.all(Array.from({ length: 6 }, () => database().open()))
    for (let n = 0; n < 40; n += 1) await poke(`key ${n}`, 1)
    const claims = await Promise.all(
      handles.map((handle, n) => handle.claim(`owner ${n}`, now(), 10, MINUTE)),
    )
    const keys = claims.flat().map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    const rest = await store().claim('last', now(), 40, MINUTE)
    expect(keys.length + rest.length).toBe(40)
  })

  test('at most so many are claimed as were asked for', async () => {
    for (let n = 0; n < 5; n += 1) await poke(`key ${n}`, n)
    const some = await store().claim('a', now(), 2, MINUTE)
    expect(some.map(({ key }) => key)).toEqual(['key 0', 'key 1'])
  })

  test('a holder may append, and after a takeover no longer', async () => {
    await poke('k', 1)
    const first = await claimOne('a')
    expect(await appendUnder(first, 0)).toEqual(yes({ repeated: false }))

    await runOut(first)
    const second = await claimOne('b')
    expect(second.epoch).toBe(first.epoch + 1)
    expect(await appendUnder(first, 1)).toEqual(no('fenced'))
    expect(await store().renew([first], now(), MINUTE)).toEqual([])
    expect(await store().release(first, null, now())).toBe(false)
    expect(await appendUnder(second, 1)).toEqual(yes({ repeated: false }))
  })

  test('the same owner under an older epoch is fenced as well', async () => {
    await poke('k', 1)
    const first = await claimOne('a')
    await runOut(first)
    const second = await claimOne('a')
    expect(await appendUnder(first, 0)).toEqual(no('fenced'))
    expect(await appendUnder(second, 0)).toEqual(yes({ repeated: false }))
  })

  test('a lease that ran out or was given back fences as well, and so does one of an unknown key', async () => {
    await poke('k', 1)
    const lease = await claimOne('a')
    await runOut(lease)
    expect(await appendUnder(lease, 0)).toEqual(no('fenced'))

    await store().renew([lease], now(), MINUTE)
    expect(await store().release(lease, 1, now())).toBe(true)
    expect(await appendUnder(lease, 0)).toEqual(no('fenced'))
    expect(await appendUnder({ ...lease, key: 'unheard of' }, 0)).toEqual(no('fenced'))
    expect(await store().read('s')).toEqual([])
  })

  test('renewing keeps others out and answers how often each key was poked', async () => {
    await poke('k', 1)
    await poke('l', 2)
    const [k, l] = await claim('a', 200)
    if (k === undefined || l === undefined) throw new Error('two were due')
    await poke('l', now())
    const renewed = await store().renew([k, l, { ...k, epoch: 9 }], now(), HOUR)
    expect(renewed.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: 'k', want: 1 },
      { key: 'l', want: 2 },
    ])
    await database().pass(250)
    expect(await claim('b')).toEqual([])
    expect(await store().renew([], now(), HOUR)).toEqual([])
  })

  test('work that was given back is due again when its holder said, or only when poked', async () => {
    const at = now()
    await poke('k', 1)
    expect(await store().release(await claimOne('a'), at + HOUR, at)).toBe(true)
    expect(await store().nextDue()).toBe(at + HOUR)

    await poke('k', 1)
    expect(await store().release(await claimOne('a'), null, at)).toBe(true)
    expect(await store().nextDue()).toBeNull()
    expect(await claim('a')).toEqual([])
  })

  test('a poke while the work is held is not lost, whatever its holder says', async () => {
    const at = now()
    for (const nextAt of [null, at + HOUR]) {
      await poke('k', 1)
      const lease = await claimOne('a')
      await poke('k', at - 3)
      await store().release(lease, nextAt, at)
      expect(await store().nextDue()).toBe(at - 3)
      const again = await claimOne('a')
      expect(again.want).toBe(lease.want + 1)
      await store().release(again, null, at)
      expect(await store().nextDue()).toBeNull()
    }
  })

  test('a poke for later while the work is held makes it due then', async () => {
    const at = now()
    await poke('k', 1)
    const lease = await claimOne('a')
    await poke('k', at + 2 * HOUR)
    await poke('k', at + HOUR)
    await store().release(lease, at + 3 * HOUR, at)
    expect(await store().nextDue()).toBe(at + HOUR)
  })

  test('an append pokes under its own lease without being lost', async () => {
    const at = now()
    await poke('k', 1)
    const lease = await claimOne('a')
    await store().append([], provenance(at), { fence: lease, pokes: [{ key: 'k', at: at - 1 }] })
    await store().release(lease, null, at)
    expect(await store().nextDue()).toBe(at - 1)
  })

  test('a poke brings the due time forward, never back', async () => {
    const at = now()
    await poke('k', at + HOUR)
    await poke('k', at + 2 * HOUR)
    expect(await store().nextDue()).toBe(at + HOUR)
    await poke('k', at + MINUTE)
    expect(await store().nextDue()).toBe(at + MINUTE)
  })

  test('work of a holder that died is due again, and can be claimed, when its lease runs out', async () => {
    await poke('k', 1)
    const lease = await claimOne('a')
    const due = (await store().nextDue()) ?? 0
    expect(Math.abs(due - lease.leaseUntil)).toBeLessThan(5_000)
    await runOut(lease)
    expect(await claim('b')).toMatchObject([{ key: 'k', dueAt: 1, epoch: 2 }])
  })

  test('what is due next is what is due first, held or free', async () => {
    const at = now()
    await poke('held', 1)
    await claimOne('a')
    await poke('free', at + 1)
    expect(await store().nextDue()).toBe(at + 1)
    await poke('freer', at + HOUR)
    await database().pass(5)
    await store().release(await claimOne('a'), null, at)
    expect(await store().nextDue()).toBeLessThan(at + HOUR)
  })

  test('others hear which work was poked, by a poke or by an append', async () => {
    const listener = await database().open()
    const heard = vi.fn<(key: string | null) => void>()
    const leave = listener.onChange(heard)
    const other = vi.fn<(key: string | null) => void>()
    listener.onChange(other)
    await until(
      () => expect(heard).toHaveBeenCalled(),
      () => poke('k', 1),
    )

    heard.mockClear()
    await store().append([{ stream: 's', expected: 0, events: [counted(1)] }], provenance(now()), {
      pokes: [{ key: 'l', at: 1 }],
    })
    await until(() => expect(heard.mock.lastCall).toSatisfy(([key]) => key === 'l' || key === null))

    leave()
    heard.mockClear()
    other.mockClear()
    await poke('k', 1)
    await until(() => expect(other).toHaveBeenCalled())
    expect(heard).not.toHaveBeenCalled()
  })
}

/** Waits for something that comes from another connection, doing something each time until it does. */
async function until(
  holds: () => void,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    await meanwhile()
    try {
      holds()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(20)
    }
  }
}
