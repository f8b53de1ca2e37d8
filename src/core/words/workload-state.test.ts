import { expect, test } from 'vitest'
import { differences, stateDigest, type WorkloadState } from './workload-state.ts'

const WANTED: WorkloadState = {
  stacks: {
    blue: { web: { release: 'v1', replicas: 2 } },
    green: { web: { release: null, replicas: 0 } },
  },
  routing: { blue: 10_000, green: 0 },
  flags: { 'flags.json#checkout': 'on', 'flags.json#search': null },
  configuration: { 'shop.conf': 'c0ffee', 'extra.conf': null },
}

const blue = (release: string | null, replicas: number) => ({
  ...WANTED,
  stacks: { ...WANTED.stacks, blue: { web: { release, replicas } } },
})

test.each<{ because: string; seen: WorkloadState; found: readonly unknown[] }>([
  { because: 'equal states do not differ', seen: WANTED, found: [] },
  {
    because: 'more instances than wanted are no difference',
    seen: blue('v1', 5),
    found: [],
  },
  {
    because: 'fewer instances are a difference of scale',
    seen: blue('v1', 1),
    found: [{ plane: 'scale', what: 'web on blue has 1 of 2 instances' }],
  },
  {
    because: 'another release is named, and its number of instances does not matter then',
    seen: blue('v2', 0),
    found: [{ plane: 'release', what: 'web on blue runs v2 instead of v1' }],
  },
  {
    because: 'what should not run is named when it runs',
    seen: {
      ...WANTED,
      stacks: { ...WANTED.stacks, green: { web: { release: 'v2', replicas: 1 } } },
    },
    found: [{ plane: 'release', what: 'web on green runs v2 instead of nothing' }],
  },
  {
    because: 'a component that is not there at all is missed',
    seen: { ...WANTED, stacks: {} },
    found: [{ plane: 'release', what: 'web on blue runs nothing instead of v1' }],
  },
  {
    because: 'shares, flags and files are compared exactly',
    seen: {
      ...WANTED,
      routing: { blue: 9_500, green: 500 },
      flags: { 'flags.json#checkout': 'off' },
      configuration: { 'shop.conf': null, 'extra.conf': 'beef' },
    },
    found: [
      { plane: 'routing', what: 'blue is 9500 instead of 10000' },
      { plane: 'routing', what: 'green is 500 instead of 0' },
      { plane: 'flags', what: 'flags.json#checkout is off instead of on' },
      { plane: 'configuration', what: 'shop.conf is unset instead of c0ffee' },
      { plane: 'configuration', what: 'extra.conf is beef instead of unset' },
    ],
  },
])('$because', ({ seen, found }) => {
  expect(differences(WANTED, seen)).toStrictEqual(found)
})

test('equal states have equal digests, whatever the order of their keys', () => {
  const turned: WorkloadState = {
    configuration: { 'extra.conf': null, 'shop.conf': 'c0ffee' },
    flags: { 'flags.json#search': null, 'flags.json#checkout': 'on' },
    routing: { green: 0, blue: 10_000 },
    stacks: {
      green: { web: { replicas: 0, release: null } },
      blue: { web: { replicas: 2, release: 'v1' } },
    },
  }
  expect(stateDigest(turned)).toBe(stateDigest(WANTED))
  expect(stateDigest(blue('v1', 3))).not.toBe(stateDigest(WANTED))
})
