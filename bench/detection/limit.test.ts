import { expect, test } from 'vitest'
import { ERROR_WORLDS, LATENCY_WORLDS } from './failing-worlds.ts'
import { HEALTHY_WORLDS } from './healthy-worlds.ts'
import { limitSeconds } from './limit.ts'

/** Worked out independently, in seconds, at 10 requests per second against 190. */
const KNOWN: Readonly<Record<string, number>> = {
  '.1→.2': 1272,
  '.1→.5': 125,
  '.1→1': 37.5,
  '.1→5': 4.1,
  '.1→50': 0.3,
  '1→1.5': 446,
  '1→2': 126,
  '1→5': 12.3,
  '×1.05': 105,
  '×1.1': 27,
  '×1.25': 5,
  '×2': 0.57,
  'tail 1→2': 140,
  'tail 1→5': 13.5,
  '.5 % take 5 s': 31,
  'a fifth ×3': 3.4,
}

test.each(ERROR_WORLDS.concat(LATENCY_WORLDS))(
  'the least delay that is possible in the world $name',
  (world) => {
    const ratio = (limitSeconds(world) ?? Number.NaN) / (KNOWN[world.name] ?? Number.NaN)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.025)
  },
)

test('is not defined where nothing is wrong', () => {
  expect(HEALTHY_WORLDS.map(limitSeconds).filter((limit) => limit !== null)).toStrictEqual([])
})
