import { expect, test } from 'vitest'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import { defineEvents } from '../kernel/events.ts'
import { Alerts } from '../strategy/alerts.ts'
import { rolloutEvents } from './events.ts'

test('a rollout that was started before alerts could be heard is read with the usual settings', () => {
  const { alerts: _alerts, ...detection } = sampleStrategy().detection
  const data = {
    id: 'shop-1',
    workload: 'shop',
    release: 'v2',
    strategy: { ...sampleStrategy(), detection },
    strategyDigest: 'd',
    by: 'alice',
    hotfixFor: null,
    at: 1,
  }
  const read = defineEvents(rolloutEvents).read({ type: 'rollout.started', data })
  expect(read).toMatchObject({ data: { strategy: { detection: { alerts: Alerts.parse({}) } } } })
})
