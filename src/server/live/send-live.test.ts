import { SSEStreamingApi } from 'hono/streaming'
import { expect, test } from 'vitest'
import { answerOf, testServer } from '../../../test/support/api-server.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import type { Watching } from './feeds.ts'
import type { Look } from './look.ts'
import { sendLive } from './send-live.ts'

/** A stream that nobody reads beyond what its buffers take. */
function unread(): SSEStreamingApi {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return new SSEStreamingApi(writable, readable)
}

async function watchingOne(): Promise<Watching> {
  const clock = fakeClock()
  const { ask, shop, fake } = await testServer(clock)
  const id = await shop.start()
  const view = await answerOf('getRollout', await ask('GET', `/v1/rollouts/${id}`))
  const history = await fake.control.history(id)
  const look: Look = { number: 1, drawnAt: 0, view, history, live: null, settled: false }
  return {
    next: async (after, signal) => {
      if (after < 1) return look
      const { promise, resolve } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
      return null
    },
    leave: () => undefined,
  }
}

test('a reader that takes nothing for half a minute is let go', async () => {
  const clock = fakeClock()
  const stream = unread()
  const stopping = new AbortController().signal
  const sent = sendLive(stream, await watchingOne(), {}, { clock, stopping })
  await clock.advance(29_999)
  expect(stream.aborted).toBe(false)
  await clock.advance(1)
  await sent
  expect(stream.aborted).toBe(true)
})

test('a reader that takes everything hears every 15 seconds that the stream lives', async () => {
  const clock = fakeClock()
  const stream = unread()
  const stopping = new AbortController()
  const heard: string[] = []
  const reader = stream.responseReadable.pipeThrough(new TextDecoderStream()).getReader()
  const reading = (async () => {
    for (let one = await reader.read(); !one.done; one = await reader.read()) heard.push(one.value)
  })()
  const sent = sendLive(stream, await watchingOne(), {}, { clock, stopping: stopping.signal })
  for (let seconds = 0; seconds < 50; seconds += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(1_000)
  }
  stopping.abort()
  await sent
  await stream.close()
  await reading
  expect(heard.filter((text) => text.startsWith(': still here'))).toHaveLength(3)
  expect(stream.aborted).toBe(false)
})
