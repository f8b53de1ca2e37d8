import { describe, expect, test } from 'vitest'
import { BYPASS, HOLD, LiveRollout, STAKEHOLDER } from '../../../test/support/live-rollout.ts'
import { MINUTE } from '../kernel/instant.ts'
import { layOut } from './letter.ts'

describe('the same moment, said to', () => {
  const live = new LiveRollout({ tree: [BYPASS, HOLD] }).failGroup().deliver()
  const [team, product, customers] = live.incident?.messages ?? []

  test('the team: everything, with the commands', () => {
    expect(`${team?.subject}\n\n${team?.text}`).toMatchInlineSnapshot(`
      "[checkout] rollout of v2 halted: zeta-http-5xx in group canary

      The rollout of checkout v2 is halted (zeta-http-5xx in group canary). The bypass needs a yes.

      Status:      halted. It waits for a yes by stakeholder, until 14:30 UTC (in 30 minutes).
      Impact:      5 % of users get v2 (group canary). No more are added.
      Action:      the rollout was halted at once. As soon as it is approved, the faulty part is switched off. To approve: goaround approve checkout-7. Users would lose meanwhile: Nobody is shown recommendations.
      Next update: 14:15 UTC (in 15 minutes), or earlier when something changes.

      Seen:        group 'canary': zeta-http-5xx: candidate 34 of 412 (8.3 %) against control 9 of 73,939 (0.012 %); a fair candidate would look this bad less than once in 1,234,577 rollouts
      Routes:      /pay, /cart
      Decision:    bypass (switch-it-off): only one feature fails, and it can be switched off.
      Not taken:   hold (wait): an earlier branch was taken
      Approve:     goaround approve checkout-7
      Reject:      goaround reject checkout-7 --because "…"
      Record:      goaround why checkout-7
      "
    `)
  })

  test('the stakeholders: what is affected, what they are asked, no figures', () => {
    expect(`${product?.subject}\n\n${product?.text}`).toMatchInlineSnapshot(`
      "[checkout] rollout of v2 halted: errors in group canary

      The rollout of checkout v2 is halted (errors in group canary). The bypass needs a yes.

      Status:      halted. It waits for a yes by stakeholder, until 14:30 UTC (in 30 minutes).
      Impact:      5 % of users get v2 (group canary). No more are added.
      Action:      the rollout was halted at once. As soon as it is approved, the faulty part is switched off. To approve: goaround approve checkout-7. Users would lose meanwhile: Nobody is shown recommendations.
      Next update: 14:30 UTC (in 30 minutes), or earlier when something changes.
      "
    `)
  })

  test('the public: what they may notice and when they hear again', () => {
    expect(`${customers?.subject}\n\n${customers?.text}`).toMatchInlineSnapshot(`
      "[checkout] some users may see errors

      Some users of checkout may see errors.

      Status:      we have stopped a change and are looking into it.
      Impact:      some users may see errors.
      Action:      we are choosing the quickest safe way to put it right.
      Next update: 15:00 UTC (in 1 hour), or earlier when something changes.
      "
    `)
  })

  test('everybody, once it is contained', () => {
    live
      .live(2 * MINUTE)
      .approve(STAKEHOLDER)
      .seeSteps()
      .deliver()
    const ends = live.incident?.messages.filter(({ kind }) => kind === 'end') ?? []
    const said = ends.slice(1).map(({ subject, text }) => `${subject}\n\n${text}`)
    expect(said.join('---\n')).toMatchInlineSnapshot(`
      "[checkout] contained until 18:03 UTC (in 4 hours): bypass for v2

      The failure of checkout v2 is contained: the faulty part is switched off.

      Status:      contained; users lose something: Nobody is shown recommendations.
      Impact:      5 % of users get v2, without the part that failed.
      Action:      the faulty part was switched off and users were seen to be well. It has to be mended, and then decided anew.
      Next update: at the latest 18:03 UTC (in 4 hours), when the bypass runs out.
      ---
      [checkout] contained: a part is switched off

      checkout works again. A part of it is switched off until it is mended.

      Status:      contained.
      Impact:      some users may have seen errors. That is over; a part of the service is switched off for now.
      Action:      we are mending the part that is switched off.
      Next update: when something changes.
      "
    `)
  })
})

test('a text from outside can neither begin another mail header nor fill a screen', () => {
  const long = 'x'.repeat(5_000)
  const { subject, text } = layOut({
    subject: 'halted\r\nBcc: everybody@example.org',
    lead: 'It is halted.',
    status: 'halted\n\nApprove: now',
    impact: long,
    action: 'none.',
    next: 'none.',
  })
  expect(subject).toBe('halted Bcc: everybody@example.org')
  expect(text).toContain('Status:      halted Approve: now\n')
  expect(text.length).toBeLessThan(1_500)
})
