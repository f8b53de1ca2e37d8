import { describe, expect, test } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { memoryStore } from '../../../test/support/fake-control.ts'
import { DAY } from '../../core/kernel/instant.ts'
import { tokenAccess } from './access.ts'

const root = { name: 'token:admin', roles: ['admin'] }
const ask = { name: 'ci', roles: ['operator'], expiresInDays: null }

describe('access by tokens', () => {
  test('the first run gives an admin token once, and no later run does', async () => {
    const store = memoryStore()
    const clock = fakeClock()
    const token = await tokenAccess({ store, clock }).firstRun()
    expect(token).toMatch(/^goa_[\w-]{43}$/)
    const later = tokenAccess({ store, clock })
    expect(await later.firstRun()).toBeNull()
    expect(await later.identify(token, 'here')).toEqual({
      ok: true,
      value: { name: 'token:admin', roles: ['admin'] },
    })
  })

  test('of two servers that start at once, one gives the token', async () => {
    const store = memoryStore()
    const clock = fakeClock()
    const tokens = await Promise.all([
      tokenAccess({ store, clock }).firstRun(),
      tokenAccess({ store, clock }).firstRun(),
    ])
    expect(tokens.filter((token) => token !== null)).toHaveLength(1)
  })

  test('the log holds the hash of a token and never the token', async () => {
    const store = memoryStore()
    const access = tokenAccess({ store, clock: fakeClock() })
    const token = await access.firstRun()
    const written = JSON.stringify(await store.follow(null, 100))
    expect(written).toContain('token.created')
    expect(written).not.toContain(String(token))
  })

  test('a revoked token is refused at once, by another server too', async () => {
    const store = memoryStore()
    const clock = fakeClock()
    const here = tokenAccess({ store, clock })
    const there = tokenAccess({ store, clock })
    await here.firstRun()
    const made = await here.create(ask, root)
    if (!made.ok) throw new Error(made.problem.code)
    const { token } = made.value
    expect((await there.identify(token, 'a')).ok).toBe(true)
    await here.revoke('ci', root)
    expect(await there.identify(token, 'a')).toEqual({
      ok: false,
      problem: { code: 'unauthenticated' },
    })
  })

  test('a token opens nothing from its last instant on', async () => {
    const clock = fakeClock()
    const access = tokenAccess({ store: memoryStore(), clock })
    await access.firstRun()
    const made = await access.create({ ...ask, expiresInDays: 2 }, root)
    if (!made.ok) throw new Error(made.problem.code)
    await clock.advance(2 * DAY - 1)
    expect((await access.identify(made.value.token, 'a')).ok).toBe(true)
    await clock.advance(1)
    expect((await access.identify(made.value.token, 'a')).ok).toBe(false)
  })

  test('the last administrator cannot be shut out, and a name is never used twice', async () => {
    const access = tokenAccess({ store: memoryStore(), clock: fakeClock() })
    await access.firstRun()
    expect(await access.revoke('admin', root)).toEqual({
      ok: false,
      problem: { code: 'last-admin' },
    })
    await access.create({ ...ask, roles: ['admin'] }, root)
    expect((await access.revoke('admin', root)).ok).toBe(true)
    expect(await access.create({ ...ask, name: 'admin' }, root)).toEqual({
      ok: false,
      problem: { code: 'token-exists' },
    })
  })

  test('when the last admin token has run out, a restart gives a new one', async () => {
    const clock = fakeClock()
    const access = tokenAccess({ store: memoryStore(), clock })
    await access.firstRun()
    await access.create({ name: 'root', roles: ['admin'], expiresInDays: 1 }, root)
    await access.revoke('admin', root)
    expect(await access.firstRun()).toBeNull()
    await clock.advance(DAY)
    expect(await access.firstRun()).toMatch(/^goa_/)
  })

  test('whoever guesses is slowed down, and whoever has proven a good token is not', async () => {
    const clock = fakeClock()
    const access = tokenAccess({ store: memoryStore(), clock })
    const token = await access.firstRun()
    await access.identify(token, 'office')
    for (let times = 0; times < 20; times += 1) await access.identify(`goa_${times}`, 'office')
    const blocked = await access.identify('goa_other', 'office')
    expect(blocked).toEqual({
      ok: false,
      problem: { code: 'too-many-attempts', retryAfterMs: 60_000 },
    })
    expect((await access.identify(token, 'office')).ok).toBe(true)
    expect(await access.identify('goa_other', 'home')).toMatchObject({
      problem: { code: 'unauthenticated' },
    })
    await clock.advance(60_000)
    expect(await access.identify('goa_other', 'office')).toMatchObject({
      problem: { code: 'unauthenticated' },
    })
  })
})
