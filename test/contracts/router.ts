import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isExposed } from '../../src/core/rollout/exposure.ts'
import { BUCKETS } from '../../src/core/words/exposure-share.ts'
import type { RoutePlan, Router, RouteSighting, TrafficSample } from '../../src/ports/router.ts'
import type { Load, Reply } from '../support/http-service.ts'

/** Far above what any router needs here, and below the patience of a test. */
const ANSWER_WITHIN_MS = 10_000

/** Enough requests per step to see 5 % as 5 %. */
const MEASURED = 300

/** Users whose requests were under way when their instance was killed. */
const LOST_MAX = 5

export interface RouterWorld {
  readonly router: Router
  /** Another driver of the same router, as another replica of goaround has it. */
  readonly another: () => Router
  /** Stacks `blue` and `green`: each answers with its name. */
  readonly endpoints: Readonly<Record<Stack, readonly string[]>>
  /** Whether a request can say for whom it is; without, a share is drawn per request. */
  readonly knowsSubjects: boolean
  readonly send: (request?: { readonly subject?: string; readonly path?: string }) => Promise<Reply>
  readonly load: (perSecond: number) => Load
  readonly answerWith: (stack: Stack, status: number) => void
  /** Lets the stack's requests wait until the answer is called. */
  readonly hold: (stack: Stack) => () => void
  /** Ends all instances of a stack, as a kill does. */
  readonly crash: (stack: Stack) => Promise<void>
  /** Kills and restarts the router, or reloads it: the worst that happens to it in operation. */
  readonly restart: () => Promise<void>
  /** Calls `look` again and again, letting time pass, until it holds; fails when it never does. */
  readonly eventually: (look: () => Promise<boolean>) => Promise<void>
  readonly close: () => Promise<void>
}

export type Stack = 'blue' | 'green'

/** The promises of every router: what the engine relies on when it moves users. */
export function routerContract(name: string, open: () => Promise<RouterWorld>): void {
  describe(`${name} keeps the promises of a router`, () => {
    let world: RouterWorld
    let effects = 0

    beforeEach(async () => {
      world = await open()
      for (const stack of ['blue', 'green'] as const) {
        expect(await world.router.attach(stack, world.endpoints[stack], ask())).toMatchObject(DONE)
      }
      await route(0)
    })
    afterEach(async () => {
      await world.close()
    })

    it.each([0, 500, 2_500, 5_000, BUCKETS])(
      'a share of %i buckets is seen, and is what users get',
      async (buckets) => {
        await route(buckets)
        const share = (await see()).buckets
        expectShare(share['green'], buckets)
        expect(share['blue']).toBe(BUCKETS - (share['green'] ?? 0))

        const replies = await sendMany(MEASURED)
        expect(failuresOf(replies)).toEqual([])
        const onGreen = replies.filter(({ servedBy }) => servedBy === 'green').length
        const isAllOrNothing = buckets === 0 || buckets === BUCKETS
        const off = Math.abs(onGreen / MEASURED - (share['green'] ?? 0) / BUCKETS)
        expect(off).toBeLessThanOrEqual(isAllOrNothing ? 0 : 0.015)
      },
    )

    it('never gives more than asked, and less by less than one of its steps', async () => {
      for (const buckets of [1, 7, 39, 100, 333, 1_234, 5_001, 6_667, 9_990, 9_999]) {
        await route(buckets)
        expectShare((await see()).buckets['green'], buckets)
      }
    })

    it('goes 0, 5, 50, 100 and 0 % under load without a failed request', async () => {
      const load = world.load(300)
      for (const buckets of [0, 500, 5_000, BUCKETS, 0]) {
        await route(buckets)
        await load.answered(120)
      }
      const report = await load.stop()
      expect(report.failures).toEqual([])
      expect(report.ok).toBe(report.sent)
      expect(report.servedBy['green']).toBeGreaterThan(120)
    })

    it('sends nothing new to a stack at zero, and shows what is still under way there', async () => {
      await route(BUCKETS)
      const release = world.hold('green')
      const waiting = Promise.all(Array.from({ length: 3 }, () => world.send()))
      await world.eventually(async () => (await see()).inFlight['green'] === 3)
      await route(0)
      expect(await see()).toMatchObject({ buckets: { blue: BUCKETS, green: 0 } })
      expect((await see()).inFlight['green']).toBe(3)

      const load = world.load(200)
      await load.answered(100)
      expect(await load.stop()).toMatchObject({ failures: [] })
      expect((await see()).inFlight['green']).toBe(3)
      release()
      expect(failuresOf(await waiting)).toEqual([])
      await world.eventually(async () => (await see()).inFlight['green'] === 0)
      const before = (await count()).stacks['green']?.requests
      const replies = await sendMany(50)
      expect(replies.every(({ servedBy }) => servedBy === 'blue')).toBe(true)
      expect((await count()).stacks['green']?.requests).toBe(before)
    })

    it('does nothing more when the same share is asked again', async () => {
      await route(500)
      const { buckets } = await see()
      await route(500, {}, 'effect-again')
      await route(500, {}, 'effect-again')
      expect((await see()).buckets).toEqual(buckets)
    })

    it('keeps each subject on its side while the share grows, and treats the cohort as asked', async () => {
      if (!world.knowsSubjects) {
        await expectToRefuseACohort()
        return
      }
      const users = Array.from({ length: 150 }, (_, i) => `user-${i}`)
      const cohort = ['friend-1', 'Zoë']
      let inside: readonly string[] = []
      for (const buckets of [500, 2_000, 6_000]) {
        await route(buckets, { cohort })
        const now = await thoseOnGreen([...users, ...cohort])
        expect(now).toEqual(
          [...users, ...cohort].filter((user) => isExposed(user, plan(buckets, { cohort }))),
        )
        expect(now).toEqual(expect.arrayContaining([...inside, ...cohort]))
        inside = now
      }
      await route(0, { cohort })
      expect(await thoseOnGreen([...users, ...cohort])).toEqual([])
    })

    it('counts what users saw: requests and failures per stack, and their routes', async () => {
      await route(5_000)
      world.answerWith('green', 500)
      const before = await count()
      const replies = await sendMany(100, '/api/cart/7')
      const served = (stack: Stack) => replies.filter(({ servedBy }) => servedBy === stack).length
      expect(served('green')).toBeGreaterThan(30)
      await world.eventually(async () => {
        const green = difference(before, await count(), 'green')
        const blue = difference(before, await count(), 'blue')
        return green.requests === served('green') && green.inRoutes['/api/cart'] === green.requests
          ? blue.requests === served('blue') && blue.timed === blue.requests
          : false
      })
      const after = await count()
      expect(after.epoch).toBe(before.epoch)
      expect(difference(before, after, 'green').errors).toBe(served('green'))
      expect(difference(before, after, 'blue').errors).toBe(0)
    })

    it('saves users from a stack that dies under load, and holds it against that stack', async () => {
      await route(5_000)
      const before = await count()
      const load = world.load(300)
      await load.answered(100)
      await world.crash('green')
      await load.answered(200)
      const report = await load.stop()
      expect(report.failures.slice(LOST_MAX)).toEqual([])
      const [green, blue] = [
        difference(before, await count(), 'green'),
        difference(before, await count(), 'blue'),
      ]
      expect(green.errors).toBeGreaterThan(0)
      expect(green.errors).toBeLessThanOrEqual(green.requests)
      expect(blue.errors).toBe(0)
    })

    it('never sends users to a stack at zero, even when the other one dies', async () => {
      await world.crash('blue')
      const replies = await sendMany(20)
      expect(replies.map(({ servedBy }) => servedBy)).not.toContain('green')
      expect(failuresOf(replies)).toHaveLength(20)
      expect((await see()).buckets).toEqual({ blue: BUCKETS, green: 0 })
    })

    it('tells the truth after a restart, and takes the share again', async () => {
      await route(2_500)
      const before = await count()
      await world.restart()
      const seen = (await see()).buckets['green'] ?? 0
      const replies = await sendMany(200)
      expect(failuresOf(replies)).toEqual([])
      const onGreen = replies.filter(({ servedBy }) => servedBy === 'green').length
      expect(Math.abs(onGreen / 200 - seen / BUCKETS)).toBeLessThan(0.02)
      await route(2_500)
      expectShare((await see()).buckets['green'], 2_500)
      const after = await count()
      expect(after.epoch).not.toBe(before.epoch)
      await world.eventually(async () => {
        const { stacks } = await count()
        return (stacks['blue']?.requests ?? 0) + (stacks['green']?.requests ?? 0) === 200
      })
    })

    it('says which stacks it knows when it is asked for another', async () => {
      const asked = await world.router.route({ ...plan(500), candidate: 'purple' }, ask())
      expect(asked).toMatchObject({ ok: false })
      const detail = asked.ok ? '' : asked.problem.detail
      for (const word of ['purple', 'blue', 'green']) expect(detail).toContain(word)
      expect((await see()).buckets).toEqual({ blue: BUCKETS, green: 0 })
    })

    it('two drivers of one router see and count the same', async () => {
      const other = world.another()
      try {
        await route(2_500)
        expect(await other.observe(AbortSignal.timeout(ANSWER_WITHIN_MS))).toMatchObject({
          ok: true,
          value: { buckets: (await see()).buckets },
        })
        expect(await other.route(plan(5_000), ask())).toMatchObject(DONE)
        expectShare((await see()).buckets['green'], 5_000)
        const [mine, theirs] = [await count(), await count(other)]
        await sendMany(40)
        await world.eventually(async () => {
          const [a, b] = [await count(), await count(other)]
          return (
            a.stacks['green']?.requests !== mine.stacks['green']?.requests &&
            (['blue', 'green'] as const).every(
              (stack) =>
                difference(mine, a, stack).requests === difference(theirs, b, stack).requests,
            )
          )
        })
      } finally {
        await other.close()
      }
    })

    it('answers instead of throwing when there is no time left', async () => {
      const gone = AbortSignal.abort()
      const late = { ok: false, problem: { reason: 'timed-out' } }
      expect(await world.router.observe(gone)).toMatchObject(late)
      expect(await world.router.count(gone)).toMatchObject(late)
      const asked = await world.router.route(plan(500), { effectId: 'late', signal: gone })
      expect(asked).toMatchObject({ ...late, problem: { retry: 'after-looking' } })
      await route(0)
      expect((await see()).buckets['green']).toBe(0)
    })

    function plan(buckets: number, more: Partial<RoutePlan> = {}): RoutePlan {
      return { control: 'blue', candidate: 'green', buckets, salt: 'r-1', cohort: [], ...more }
    }

    function ask(effectId = `effect-${(effects += 1)}`) {
      return { effectId, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }
    }

    async function route(buckets: number, more: Partial<RoutePlan> = {}, effectId?: string) {
      expect(await world.router.route(plan(buckets, more), ask(effectId))).toEqual(DONE)
    }

    async function see(): Promise<RouteSighting> {
      const seen = await world.router.observe(AbortSignal.timeout(ANSWER_WITHIN_MS))
      if (!seen.ok) throw new Error(seen.problem.detail)
      expect(seen.value.evidence).not.toBe('')
      return seen.value
    }

    async function count(router: Router = world.router): Promise<TrafficSample> {
      const counted = await router.count(AbortSignal.timeout(ANSWER_WITHIN_MS))
      if (!counted.ok) throw new Error(counted.problem.detail)
      return counted.value
    }

    async function sendMany(times: number, path = '/'): Promise<readonly Reply[]> {
      const replies: Reply[] = []
      for (let i = 0; i < times; i += 1) replies.push(await world.send({ path }))
      return replies
    }

    async function thoseOnGreen(subjects: readonly string[]): Promise<readonly string[]> {
      const found: string[] = []
      for (const subject of subjects) {
        if ((await world.send({ subject })).servedBy === 'green') found.push(subject)
      }
      return found
    }

    async function expectToRefuseACohort(): Promise<void> {
      const cohort = ['friend-1']
      const refused = await world.router.route(plan(500, { cohort }), ask())
      expect(refused).toMatchObject({ ok: false, problem: { retry: 'never' } })
      expect((await see()).buckets['green']).toBe(0)
      await route(0, { cohort })
    }

    function expectShare(seen: number | undefined, asked: number): void {
      expect(seen).toBeLessThanOrEqual(asked)
      expect(seen).toBeGreaterThan(asked - Math.max(1, world.router.granularity))
    }
  })
}

const DONE = { ok: true, value: null }

function failuresOf(replies: readonly Reply[]): readonly string[] {
  return replies.flatMap(({ failure }) => (failure === null ? [] : [failure]))
}

function difference(before: TrafficSample, after: TrafficSample, stack: Stack) {
  const [from, to] = [before.stacks[stack], after.stacks[stack]]
  const sum = (numbers: readonly number[] = []) => numbers.reduce((total, n) => total + n, 0)
  const routes = Object.entries(to?.routes ?? {}).map(([route, { requests }]) => [
    route,
    requests - (from?.routes[route]?.requests ?? 0),
  ])
  return {
    requests: (to?.requests ?? 0) - (from?.requests ?? 0),
    errors: (to?.errors ?? 0) - (from?.errors ?? 0),
    timed: sum(to?.latency) - sum(from?.latency),
    inRoutes: Object.fromEntries(routes) as Readonly<Record<string, number>>,
  }
}
