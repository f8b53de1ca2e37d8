import { expect, test } from 'vitest'
import type { StoredEvent } from '../../ports/event-store.ts'
import { cursorOf, readCursor, upTo, writeCursor } from './cursor.ts'

function fact(stream: string, version: number): StoredEvent {
  return {
    stream,
    version,
    position: '1',
    type: 'x',
    data: {},
    recordedAt: 0,
    recordedBy: 'x',
    authority: null,
    causedBy: null,
    hash: '',
  }
}

const history = [fact('rollout/shop-1', 1), fact('incident/shop-1', 1), fact('rollout/shop-1', 2)]

test('a cursor survives its way through an event id', () => {
  const cursor = cursorOf(history)
  expect(writeCursor(cursor)).toBe('rollout/shop-1:2,incident/shop-1:1')
  expect(readCursor(writeCursor(cursor))).toEqual(cursor)
})

test('what a stranger sends as a cursor is read as nothing', () => {
  for (const text of [undefined, '', 'null', '../../etc:1', 'rollout/x:-1', 'rollout/x:1e9']) {
    expect(readCursor(text)).toEqual({})
  }
})

test('facts that were recorded late in another stream are still news', () => {
  const cursor = readCursor('rollout/shop-1:2')
  expect(upTo(cursor, history).map(({ stream }) => stream)).toEqual([
    'rollout/shop-1',
    'rollout/shop-1',
  ])
})
