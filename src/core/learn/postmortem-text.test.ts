import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyWorld, liveIn } from '../../../test/support/any-live-rollout.ts'
import {
  BYPASS,
  CAPTAIN,
  FALLBACK,
  HOLD,
  INNER_NAMES,
  LiveRollout,
  REHEARSED,
  STAKEHOLDER,
} from '../../../test/support/live-rollout.ts'
import { failure } from '../kernel/failure.ts'
import { HOUR, MINUTE, SECOND } from '../kernel/instant.ts'
import { draftPostmortem } from './draft.ts'
import { postmortemMarkdown } from './postmortem-text.ts'

const SMOKE = { name: 'pay', http: { path: '/pay' }, attempts: 1 }

/** A failure with a bit of everything: a rejected bypass, a late yes, a step that needed two tries. */
function eventful(): LiveRollout {
  const live = new LiveRollout({ tree: [BYPASS, FALLBACK, HOLD] }).passGroup().failGroup().deliver()
  live.live(2 * MINUTE)
  const because = 'omar.rusk says: nobody should | lose <b>recommendations</b>'
  live.tell({ type: 'reject', actor: STAKEHOLDER, because, now: live.now }).react().deliver()
  live
    .live(4 * MINUTE)
    .approve()
    .deliver()
  return live
    .seeSteps(1)
    .failStep('safe')
    .live(5 * SECOND)
    .seeSteps()
    .deliver()
}

function draftOf(live: LiveRollout): string {
  return postmortemMarkdown(live.history)
}

describe('the draft of a postmortem', () => {
  test('reads like this', async () => {
    await expect(draftOf(eventful())).toMatchFileSnapshot('fixtures/postmortem.txt')
  })

  test('is the same, byte for byte, for the same history, and from stored facts', () => {
    const live = eventful()
    const stored = live.history.map(({ event, at }) => ({
      type: event.type,
      data: JSON.parse(JSON.stringify(event.data)) as unknown,
      recordedAt: at,
    }))
    expect(draftOf(eventful())).toBe(draftOf(live))
    expect(draftPostmortem(stored)).toBe(draftOf(live))
  })

  test('does not speak of its own drafting, which would change it again', () => {
    const live = eventful()
    const data = { digest: 'd', path: 'postmortem.md', at: live.now }
    const after = [...live.history, { event: { type: 'postmortem.drafted', data }, at: live.now }]
    expect(postmortemMarkdown(after as LiveRollout['history'])).toBe(draftOf(live))
  })

  test('lets no text from outside become markup or another table column', () => {
    const text = draftOf(eventful())
    expect(text).not.toMatch(/(?<!\\)<b>/)
    const rows = text.split('\n').filter((line) => line.startsWith('|'))
    for (const row of rows.filter((line) => line.includes('recommendations')))
      expect(row.replaceAll('\\|', '').split('|').length).toBeLessThanOrEqual(5)
  })

  test('says so where there is no rollout at all', () => {
    expect(postmortemMarkdown([])).toContain('There is no rollout in this history.')
  })
})

describe('what the draft asks and suggests', () => {
  test.each<[string, () => LiveRollout, string]>([
    [
      'a person stopped it',
      () => {
        const live = new LiveRollout({ tree: [FALLBACK] }).seeSteps()
        const because = 'looks odd'
        return live.tell({ type: 'abort', actor: CAPTAIN, because, now: live.now }).react()
      },
      'No signal saw it: somebody stopped it by hand.',
    ],
    [
      'a smoke test stopped it',
      () => new LiveRollout({ smoke: [SMOKE], tree: [FALLBACK] }).seeSteps(4).failStep(),
      "A smoke test stopped it before group 'canary' got any user.",
    ],
    [
      'it passed a group before it failed',
      () => new LiveRollout().passGroup().failGroup(),
      "It passed 'canary' before it failed.",
    ],
    [
      'it was stopped in the first group',
      () => new LiveRollout().failGroup(),
      'It was stopped in the first group, before most users could meet it.',
    ],
    ['nothing was rehearsed', () => new LiveRollout().failGroup(), 'Nothing was rehearsed'],
    [
      'it acted alone',
      () =>
        new LiveRollout({ credits: [REHEARSED], tree: [{ ...FALLBACK, approvals: [] }] })
          .failGroup()
          .seeSteps(),
      "The fallback had been rehearsed lately and needed nobody's yes.",
    ],
    [
      'users waited for a yes',
      () =>
        new LiveRollout({ tree: [FALLBACK] })
          .failGroup()
          .wait(4 * MINUTE)
          .approve()
          .seeSteps(),
      'Approval took 4m of the 4m 15s from the halt to users being well. Users waited for it too.',
    ],
    [
      'an answer was overdue',
      () => new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().live(31 * MINUTE),
      'Agree who answers for each role of the decision tree, at any hour',
    ],
    [
      'a mitigation did not help',
      () => new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup().approve().failStep('never'),
      "Find out why the fallback did not help, and move or mend branch 'go-back'",
    ],
    [
      'it was closed as it stood',
      () => {
        const live = new LiveRollout({ tree: [HOLD] }).failGroup()
        return live.tell({ type: 'abort', actor: CAPTAIN, because: 'enough', now: live.now })
      },
      'It was closed without a mitigation that took effect.',
    ],
    [
      'a bypass ran out',
      () => {
        const live = new LiveRollout({ tree: [BYPASS, FALLBACK] }).failGroup()
        return live
          .approve(STAKEHOLDER)
          .seeSteps()
          .live(4 * HOUR)
      },
      'The bypass did not end it: the bypass was tolerated for 4h; that is over.',
    ],
    [
      'a promised update came late',
      () => {
        const live = new LiveRollout({ tree: [HOLD] })
          .failGroup()
          .deliver()
          .live(14 * MINUTE)
        live.down.set('chat', failure('unreachable', 'safe', 'connection refused'))
        live.live(5 * MINUTE)
        live.down.clear()
        return live.live(5 * MINUTE)
      },
      "'team' was promised an update and did not hear it in time, once.",
    ],
    [
      'an audience could not be told',
      () => {
        const live = new LiveRollout({ tree: [HOLD] })
        live.down.set('page', failure('denied', 'never', '550 no such user'))
        return live
          .failGroup()
          .deliver()
          .live(2 * HOUR)
      },
      "Make the channel of 'customers' reliable, or give it a second one",
    ],
    [
      'there was nobody to be told',
      () => new LiveRollout({ audiences: [] }).failGroup(),
      'Nobody was told: the strategy names no audience.',
    ],
  ])('speaks of it when %s', (_, happens, says) => {
    expect(draftOf(happens())).toContain(says)
  })

  test('always holds a regression test and an action of each class, with a date', () => {
    const worlds = [new LiveRollout().failGroup(), eventful()]
    for (const text of worlds.map(draftOf)) {
      expect(text).toMatch(
        /\| workload \| Add a regression test for the same failure .*\| 2026-12-23 \|/,
      )
      expect(text).toMatch(/\| observability \| .*\| 2026-12-23 \|/)
      expect(text).toMatch(/\| response plan \| .*\| 2026-12-23 \|/)
    }
  })
})

test('whatever happens, the draft names nobody and has every section', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const text = draftOf(liveIn(world))
      for (const name of INNER_NAMES.people) expect(text).not.toContain(name)
      expect(text).not.toMatch(/undefined|\bnull\b|NaN|\[object/)
      expect(text.match(/^## .+$/gm)).toEqual([
        '## Summary',
        '## Impact',
        '## What was seen',
        '## Timeline',
        '## Decisions',
        '## Mitigation',
        '## Communication',
        '## How long each part took',
        '## What went well',
        '## What could be better',
        '## Contributing factors',
        '## Actions',
        '## Roles',
      ])
    }),
    { seed: 13, numRuns: 40 },
  )
})
