import { expect, it } from 'vitest'
import { systemClock } from './system-clock.ts'

/** A wait that ends at once takes less than this even on a busy machine. */
const AT_ONCE_MS = 1_000

it('a wait ends at its instant and not before', async () => {
  const at = systemClock.now() + 60
  await systemClock.until(at)
  expect(systemClock.now()).toBeGreaterThanOrEqual(at)
})

it('a wait for the past ends at once', async () => {
  const begun = systemClock.now()
  await systemClock.until(begun - 1)
  expect(systemClock.now() - begun).toBeLessThan(AT_ONCE_MS)
})

it.each([3_600_000, 2 ** 40])('a wait of %d ms ends at once when it is aborted', async (wait) => {
  const ended = new AbortController()
  const begun = systemClock.now()
  const waiting = systemClock.until(begun + wait, ended.signal)
  ended.abort()
  await waiting
  expect(systemClock.now() - begun).toBeLessThan(AT_ONCE_MS)
})

it('a wait that is aborted before it began ends at once', async () => {
  const begun = systemClock.now()
  await systemClock.until(begun + 3_600_000, AbortSignal.abort())
  expect(systemClock.now() - begun).toBeLessThan(AT_ONCE_MS)
})
