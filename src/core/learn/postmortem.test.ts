import { describe, expect, test } from 'vitest'
import { story } from '../../../test/support/story.ts'
import { DAY } from '../kernel/instant.ts'
import { type PostmortemEvent, postmortemDecider } from './postmortem.ts'

const NOW = 1_795_442_400_000
const ROLLOUT = { rollout: 'checkout-7', workload: 'checkout' }

const opened: PostmortemEvent = {
  type: 'postmortem.opened',
  data: { ...ROLLOUT, dueAt: NOW + 5 * DAY, at: NOW },
}

function drafted(digest: string): PostmortemEvent {
  return { type: 'postmortem.drafted', data: { digest, path: 'postmortem.md', at: NOW } }
}

describe('a postmortem', () => {
  const postmortem = story(postmortemDecider)
  const report = { type: 'report-drafted', path: 'postmortem.md', now: NOW } as const

  test('is owed once, within a working week', () => {
    postmortem
      .after()
      .when({ type: 'open', ...ROLLOUT, now: NOW })
      .happens(opened)
    postmortem
      .after(opened)
      .when({ type: 'open', ...ROLLOUT, now: NOW + DAY })
      .happens()
  })

  test('has no draft before it is owed', () => {
    postmortem
      .after()
      .when({ ...report, digest: 'a' })
      .refused({ code: 'not-found' })
  })

  test('records a draft again only when its text has changed', () => {
    postmortem
      .after(opened, drafted('a'))
      .when({ ...report, digest: 'a' })
      .happens()
    postmortem
      .after(opened, drafted('a'))
      .when({ ...report, digest: 'b' })
      .happens(drafted('b'))
  })

  test('is never over: there is nothing that waives it', () => {
    expect(
      postmortemDecider.isTerminal([opened, drafted('a')].reduce(postmortemDecider.evolve, null)),
    ).toBe(false)
  })
})
