import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Decider, replay } from './decider.ts'
import { defineEvents } from './events.ts'
import { Defect, invariant, unreachable } from './invariant.ts'
import { yes } from './result.ts'

const catalogue = defineEvents({ 'door.opened': z.object({ at: z.number().int() }) })

describe('the facts of a stream', () => {
  test('are read as they were written', () => {
    const fact = { type: 'door.opened', data: { at: 5 } }
    expect(catalogue.read(fact)).toStrictEqual(fact)
  })

  test.each([
    { what: 'an unknown event', raw: { type: 'door.vanished', data: {} } },
    { what: 'an unreadable shape', raw: { type: 'door.opened', data: { at: 'noon' } } },
  ])('are for ever: $what is our own mistake', ({ what, raw }) => {
    expect(() => catalogue.read(raw)).toThrow(Defect)
    expect(() => catalogue.read(raw)).toThrow(what)
  })

  test('make the state when they are folded in their order', () => {
    const door: Decider<'open', readonly number[], number, never> = {
      initial: [],
      decide: () => yes([1]),
      evolve: (state, event) => [...state, event],
      isTerminal: () => false,
    }
    expect(replay(door, [3, 1, 2])).toStrictEqual([3, 1, 2])
  })
})

test('what must hold and does not is a defect that says so', () => {
  expect(() => invariant(false, 'a rollout has a group')).toThrow(
    new Defect('a rollout has a group'),
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types forbid it, the world may not
  expect(() => unreachable('somewhere' as never)).toThrow(new Defect('unreachable: "somewhere"'))
})
