import { expect, test } from 'vitest'
import { memoryStore } from '../../test/support/fake-control.ts'
import type { Lessons } from '../core/detect/lessons.ts'
import { keepLessons, recallLessons } from './teach.ts'

const lesson = (n: number): Lessons => ({
  kind: 'latency',
  stretches: [{ n, sum: 0, squares: 0, chance: 0 }],
})

test('what a rollout taught is known to the next one of its workload', async () => {
  const store = memoryStore()
  expect(await recallLessons(store, 'shop')).toEqual({})
  await keepLessons(store, 'shop', 'shop-1', { latency: lesson(1) })
  expect(await recallLessons(store, 'shop')).toEqual({ latency: lesson(1) })
  expect(await recallLessons(store, 'stock')).toEqual({})
})

test('a rollout that is settled twice teaches once', async () => {
  const store = memoryStore()
  await keepLessons(store, 'shop', 'shop-1', { latency: lesson(1) })
  await keepLessons(store, 'shop', 'shop-1', { latency: lesson(2) })
  expect(await recallLessons(store, 'shop')).toEqual({ latency: lesson(1) })
})

test('lessons of another shape are not read', async () => {
  const store = memoryStore()
  await store.saveCheckpoint('learnt/shop', { version: 0, by: 'shop-1', learnt: { latency: 1 } })
  expect(await recallLessons(store, 'shop')).toEqual({})
})
