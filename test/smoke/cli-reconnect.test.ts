import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { serve } from '../../src/server/serve.ts'
import { testParts } from '../support/api-server.ts'
import { failing } from '../support/shop-rollout.ts'
import { goaround } from '../support/terminal.ts'

test('whoever watches goes on watching when the server is restarted, and reads each line once', async () => {
  const built = await testParts(systemClock)
  const { shop, fake, parts, admin } = built
  const first = await serve(parts, { host: '127.0.0.1', port: 0 })
  if (!first.ok) throw new Error(first.problem.detail)
  const { url, port } = first.value
  const id = await shop.start()
  await shop.bake(id)
  const interrupt = new AbortController()
  const env = { GOAROUND_SERVER: url, GOAROUND_TOKEN: admin }
  const watching = goaround(['watch', id], { env, interrupted: interrupt.signal })
  await new Promise((resolve) => setTimeout(resolve, 700))
  await first.value.stop()
  await fake.judge(id, failing)
  const again = await serve({ ...parts, metrics: new Registry() }, { host: '127.0.0.1', port })
  if (!again.ok) throw new Error(again.problem.detail)
  const { exit, out } = await watching
  await again.value.stop()
  expect(exit).toBe(12)
  const lines = out.trim().split('\n').slice(0, -1)
  expect(lines.length).toBeGreaterThan(3)
  expect(new Set(lines).size).toBe(lines.length)
  expect(out).toContain('Halted:')
})
