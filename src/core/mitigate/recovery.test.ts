import { expect, test } from 'vitest'
import { judgeRecovery } from './recovery.ts'

const users = (requests: number, errors: number) => ({ requests, errors })

test.each([
  {
    name: 'users who are served are well',
    window: users(1_000, 0),
    before: users(5_000, 5),
    elapsed: 10_000,
    state: 'well',
    because: '0 of 1000 requests failed in 10s',
  },
  {
    name: 'a window that is not over says nothing yet',
    window: users(1_000, 0),
    before: users(5_000, 5),
    elapsed: 9_999,
    state: 'not-yet',
    because: 'watched for 10s of 10s',
  },
  {
    name: 'one in a hundred is ordinary even where the old stack was flawless',
    window: users(1_000, 10),
    before: users(5_000, 0),
    elapsed: 10_000,
    state: 'well',
    because: '10 of 1000 requests failed in 10s',
  },
  {
    name: 'more than that is not',
    window: users(1_000, 11),
    before: users(5_000, 0),
    elapsed: 12_000,
    state: 'not-yet',
    because: '11 of 1000 requests failed in 12s, more than the 1 % that is ordinary here',
  },
  {
    name: 'a stack that always failed a little may fail twice as much',
    window: users(1_000, 60),
    before: users(1_000, 30),
    elapsed: 10_000,
    state: 'well',
    because: '60 of 1000 requests failed in 10s',
  },
  {
    name: 'a stack that failed all the time is not well because it always did',
    window: users(100, 51),
    before: users(100, 90),
    elapsed: 10_000,
    state: 'not-yet',
    because: '51 of 100 requests failed in 10s, more than the 50 % that is ordinary here',
  },
  {
    name: 'users who send nothing cannot be hurt, and it says that it saw nothing',
    window: users(0, 0),
    before: users(0, 0),
    elapsed: 10_000,
    state: 'well',
    because: 'no request came in 10s: nobody is affected, and nothing more can be seen',
  },
])('$name', ({ window, before, elapsed, state, because }) => {
  expect(judgeRecovery(window, before, elapsed, 10_000)).toStrictEqual({ state, because })
})
