import { describe, expect, test } from 'vitest'
import { may, type Permission } from './permissions.ts'

const table: readonly [role: string, allowed: readonly Permission[]][] = [
  ['viewer', ['look']],
  ['reporter', ['report', 'signed']],
  ['operator', ['look', 'report', 'signed', 'operate']],
  ['release-captain', ['look', 'approve']],
  ['on-call', ['look', 'approve']],
  ['admin', ['look', 'report', 'signed', 'operate', 'approve', 'administer']],
]
const all: readonly Permission[] = ['look', 'report', 'signed', 'operate', 'approve', 'administer']

describe('who may do what', () => {
  test.each(table)('%s may %j and nothing else', (role, allowed) => {
    expect(all.filter((permission) => may([role], permission))).toEqual(allowed)
  })

  test('several roles add up, and none allows nothing', () => {
    expect(all.filter((permission) => may(['viewer', 'on-call', 'operator'], permission))).toEqual([
      'look',
      'report',
      'signed',
      'operate',
      'approve',
    ])
    expect(all.filter((permission) => may([], permission))).toEqual([])
  })
})
