import { routeOf } from '../../src/drivers/support/request-counts.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { fakeRouter } from '../support/fake-router.ts'
import { type Reply, startLoad } from '../support/http-service.ts'
import { type RouterWorld, routerContract, type Stack } from './router.ts'

const LOOKS_MAX = 500

routerContract('the fake router', async (): Promise<RouterWorld> => {
  const router = fakeRouter(systemClock, ['blue', 'green'])
  const statuses: Record<Stack, number> = { blue: 200, green: 200 }
  const held = new Map<string, (() => void)[]>()

  async function send(request: { subject?: string; path?: string } = {}): Promise<Reply> {
    const route = routeOf(request.path ?? '/')
    const exchange = router.begin({ ...request, route })
    if (exchange === null) return { status: 503, servedBy: null, failure: 'status 503' }
    const { stack } = exchange
    await new Promise<void>((resolve) => {
      const waiting = held.get(stack)
      if (waiting === undefined) setImmediate(resolve)
      else waiting.push(resolve)
    })
    const status = stack === 'green' ? statuses.green : statuses.blue
    exchange.end(status, 3)
    return { status, servedBy: stack, failure: status >= 500 ? `status ${status}` : null }
  }

  return {
    router,
    another: router.another,
    endpoints: { blue: ['http://blue.test'], green: ['http://green.test'] },
    knowsSubjects: true,
    send,
    load: (perSecond) => startLoad(perSecond, () => send()),
    answerWith: (stack, status) => {
      statuses[stack] = status
    },
    hold(stack) {
      held.set(stack, [])
      return () => {
        const waiting = held.get(stack) ?? []
        held.delete(stack)
        for (const go of waiting) go()
      }
    },
    crash: async (stack) => {
      router.dead.add(stack)
    },
    restart: async () => router.restart(true),
    async eventually(look) {
      for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
        if (await look()) return
        await new Promise((resolve) => setImmediate(resolve))
      }
      throw new Error('it never came true')
    },
    close: () => router.close(),
  }
})
