import { expect, test } from 'vitest'
import { instant, iso } from '../../../test/support/instants.ts'
import { sampleStrategy } from '../../../test/support/strategies.ts'
import type { Group } from '../strategy/schema.ts'
import { openableAt } from './windows.ts'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const

function groupWith(...windows: Group['windows']): Group {
  const [group] = sampleStrategy().exposure.groups
  if (group === undefined) throw new Error('the sample has groups')
  return { ...group, windows }
}

const office = { days: [...WEEKDAYS], from: '09:00', to: '17:00', zone: 'UTC' }

const CASES: readonly {
  readonly because: string
  readonly windows: Group['windows']
  readonly now: string
  readonly at: string | null
}[] = [
  {
    because: 'without windows a group may be opened at any time',
    windows: [],
    now: '2026-11-22T03:00:00.500Z',
    at: '2026-11-22T03:00:00.500Z',
  },
  {
    because: 'inside a window it is now',
    windows: [office],
    now: '2026-11-23T09:00:00.001Z',
    at: '2026-11-23T09:00:00.001Z',
  },
  {
    because: 'the minute at which a window ends is outside',
    windows: [office],
    now: '2026-11-23T17:00:00Z',
    at: '2026-11-24T09:00:00Z',
  },
  {
    because: 'a weekend is waited out',
    windows: [office],
    now: '2026-11-21T10:00:00Z',
    at: '2026-11-23T09:00:00Z',
  },
  {
    because: 'the nearest of several windows counts',
    windows: [office, { days: ['sat'], from: '10:30', to: '11:00', zone: 'UTC' }],
    now: '2026-11-21T08:00:00Z',
    at: '2026-11-21T10:30:00Z',
  },
  {
    because: 'a window of a few minutes is found to the minute',
    windows: [{ days: ['wed'], from: '10:07', to: '10:12', zone: 'UTC' }],
    now: '2026-11-23T00:00:00Z',
    at: '2026-11-25T10:07:00Z',
  },
  {
    because: 'a window over midnight is open after midnight, on the next day',
    windows: [{ days: ['fri'], from: '22:00', to: '02:00', zone: 'UTC' }],
    now: '2026-11-28T01:59:59Z',
    at: '2026-11-28T01:59:59Z',
  },
  {
    because: 'a window over midnight ends on the next day',
    windows: [{ days: ['fri'], from: '22:00', to: '02:00', zone: 'UTC' }],
    now: '2026-11-28T02:00:00Z',
    at: '2026-12-04T22:00:00Z',
  },
  {
    because: 'a window over the end of the week wraps to Monday',
    windows: [{ days: ['sun'], from: '23:00', to: '01:00', zone: 'UTC' }],
    now: '2026-11-30T00:30:00Z',
    at: '2026-11-30T00:30:00Z',
  },
  {
    because: 'a window that ends when it begins lasts a whole day',
    windows: [{ days: ['tue'], from: '00:00', to: '00:00', zone: 'UTC' }],
    now: '2026-11-24T23:59:00Z',
    at: '2026-11-24T23:59:00Z',
  },
  {
    because: 'nine in Oslo is eight in UTC in winter',
    windows: [{ ...office, zone: 'Europe/Oslo' }],
    now: '2026-10-26T05:00:00Z',
    at: '2026-10-26T08:00:00Z',
  },
  {
    because: 'nine in Oslo is seven in UTC in summer, on the Friday before the clocks change',
    windows: [{ ...office, zone: 'Europe/Oslo' }],
    now: '2026-10-23T05:00:00Z',
    at: '2026-10-23T07:00:00Z',
  },
  {
    because: 'a time that the clocks skip is reached when they have been put forward',
    windows: [{ days: ['sun'], from: '02:30', to: '04:00', zone: 'Europe/Oslo' }],
    now: '2026-03-29T00:00:00Z',
    at: '2026-03-29T01:00:00Z',
  },
  {
    because: 'the second of the two hours that the clocks repeat is inside as well',
    windows: [{ days: ['sun'], from: '02:00', to: '03:00', zone: 'Europe/Oslo' }],
    now: '2026-10-25T01:30:00Z',
    at: '2026-10-25T01:30:00Z',
  },
  {
    because: 'a zone with a quarter of an hour is counted to the minute',
    windows: [{ ...office, zone: 'Asia/Kathmandu' }],
    now: '2026-11-23T00:00:00Z',
    at: '2026-11-23T03:15:00Z',
  },
  {
    because: 'a zone that nobody knows is never open',
    windows: [{ ...office, zone: 'Mars/Olympus' }],
    now: '2026-11-23T10:00:00Z',
    at: null,
  },
]

test.each(CASES)('$because', ({ windows, now, at }) => {
  const found = openableAt(groupWith(...windows), instant(now))
  expect(found === null ? null : iso(found)).toBe(at === null ? null : iso(instant(at)))
})
