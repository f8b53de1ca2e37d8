import * as fc from 'fast-check'
import { failure } from '../../src/core/kernel/failure.ts'
import { MINUTE, SECOND } from '../../src/core/kernel/instant.ts'
import {
  BYPASS,
  CAPTAIN,
  FAILING,
  FALLBACK,
  HOLD,
  INNER_NAMES,
  LiveRollout,
  REHEARSED,
  ROLLBACK,
  STAKEHOLDER,
  WELL,
} from './live-rollout.ts'

/** A minute in which nothing is looked at is the longest that these worlds sleep. */
export const PIECE = MINUTE
/** What people write into a reason, with everything that must not get out. */
const REASON = `${INNER_NAMES.people.join(', ')} saw ${INNER_NAMES.hosts.join(' and ')} at ${INNER_NAMES.numbers[0]}`

const REFUSED = failure('unreachable', 'safe', 'connection refused')
const DENIED = failure('denied', 'never', '550 no such user')

const TREES = [
  [FALLBACK, HOLD],
  [FALLBACK, ROLLBACK, HOLD],
  [BYPASS, FALLBACK, HOLD],
  [{ ...FALLBACK, approvals: [] }, HOLD],
  [HOLD],
]

const wish = fc.constantFrom(
  ...(['fail', 'pass', 'see', 'see-some', 'break', 'approve', 'approve', 'stake'] as const),
  ...([
    'reject',
    'resume',
    'pause',
    'abort',
    'supersede',
    'short',
    'long',
    'chat',
    'mail',
  ] as const),
  ...(['page', 'up'] as const),
)
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never

/** A failing rollout and what happens to it afterwards, in any order. */
export const anyWorld = fc.record({
  tree: fc.constantFrom(...TREES),
  afterwards: fc.constantFrom('hold' as const, 'continue' as const),
  credits: fc.constantFrom([], [REHEARSED]),
  wishes: fc.array(wish, { minLength: 5, maxLength: 30, size: 'max' }),
})
export type World = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never

/** Lives through a world; what the rollout refuses does not happen. */
export function liveIn({ wishes, ...choices }: World): LiveRollout {
  const live = new LiveRollout(choices).failGroup().deliver()
  for (const next of wishes) grant(live, next)
  return live
}

/** Lets something happen where it can; a world that refuses it goes on without. */
function grant(live: LiveRollout, next: Wish): void {
  const by = CAPTAIN.name
  const { now } = live
  switch (next) {
    case 'fail':
      return possibly(() => live.seeSteps().judge(FAILING))
    case 'pass':
      return possibly(() =>
        live
          .seeSteps()
          .judge(WELL)
          .live(10 * MINUTE)
          .judge(WELL),
      )
    case 'see':
      return void live.seeSteps().deliver()
    case 'see-some':
      return void live.seeSteps(2).deliver()
    case 'break':
      return possibly(() => live.failStep())
    case 'approve':
      return possibly(() => live.approve(CAPTAIN))
    case 'stake':
      return possibly(() => live.approve(STAKEHOLDER))
    case 'reject':
      return possibly(() => live.tell({ type: 'reject', actor: CAPTAIN, because: REASON, now }))
    case 'resume':
      return possibly(() => live.tell({ type: 'resume', by, because: REASON, now }))
    case 'pause':
      return possibly(() => live.tell({ type: 'pause', by, because: REASON, now }))
    case 'abort':
      return possibly(() => live.tell({ type: 'abort', actor: CAPTAIN, because: REASON, now }))
    case 'supersede':
      return possibly(() => live.tell({ type: 'supersede', by: 'checkout-8', now }))
    case 'short':
      return void live.live(20 * SECOND)
    case 'long':
      return void live.live(50 * MINUTE, PIECE)
    case 'chat':
    case 'mail':
      return void live.down.set(next, REFUSED)
    case 'page':
      return void live.down.set(next, DENIED)
    case 'up':
      return live.down.clear()
  }

  function possibly(happens: () => LiveRollout): void {
    try {
      happens()
    } catch (refusal) {
      if (!(refusal instanceof Error) || !/refused|no step|nothing is/.test(refusal.message))
        throw refusal
    }
    live.react().deliver()
  }
}
