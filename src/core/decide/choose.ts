import { digestOf } from '../kernel/hash.ts'
import { DAY, type Instant, MINUTE, sayDuration, startOfDay } from '../kernel/instant.ts'
import type { Failing } from '../rollout/failing.ts'
import type { Rollout } from '../rollout/state.ts'
import { compileCondition, evaluate } from '../strategy/condition.ts'
import type { Facts } from '../strategy/facts.ts'
import type { Branch, Strategy } from '../strategy/schema.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'
import type { ApprovalNeed, Decision } from './decision.ts'
import { factsOf } from './facts-of.ts'
import { type Tried, wayOutOf } from './ways-out.ts'

/** Who is asked when the tree names nobody but the mitigation was not rehearsed lately. */
const UNREHEARSED_ROLE = 'on-call'
/** Who must agree that users lose something for a while. */
const BYPASS_ROLE = 'stakeholder'
/** The branch that is taken when the tree has none left. */
export const NOTHING_LEFT = 'nothing-left'
/** How long people are given where no branch of the tree says it. */
const APPROVE_WITHIN_MS = 30 * MINUTE

type Other = Decision['others'][number]

/**
 * Walks the tree from the top and takes the first branch whose condition holds and whose way out
 * is possible and was not tried yet. Says why, and why not each other one. Where nothing is left
 * it holds, because doing nothing known to be wrong is the last thing a tired person can use.
 */
export function choose(
  rollout: Rollout,
  failing: Failing,
  tried: readonly Tried[],
  now: Instant,
): Decision {
  const facts = factsOf(rollout, failing, tried)
  const others: Other[] = []
  let chosen: Branch | null = null
  for (const branch of rollout.strategy.decision.tree) {
    const against =
      chosen === null
        ? whyNot(branch, rollout, failing, facts, tried)
        : 'an earlier branch was taken'
    if (against === null) chosen = branch
    else others.push({ branch: branch.name, choose: branch.choose, because: against })
  }
  return decided(rollout, chosen ?? nothingLeft(), facts, others, tried, 'tree', now)
}

/**
 * A person's own choice, over the tree's. The approvals are those of the tree's branch for it: the
 * first whose condition holds, or the first at all.
 */
export function chooseByHand(
  rollout: Rollout,
  failing: Failing,
  tried: readonly Tried[],
  asked: {
    readonly choose: 'fallback' | 'rollback'
    readonly by: string
    readonly because: string
  },
  now: Instant,
): Decision | { readonly impossible: string } {
  const facts = factsOf(rollout, failing, tried)
  const alike = rollout.strategy.decision.tree.filter(({ choose: kind }) => kind === asked.choose)
  const inTree = alike.find((branch) => conditionAgainst(branch, facts) === null) ?? alike[0]
  const approvals = inTree?.approvals ?? []
  const approveWithin = inTree?.approveWithin ?? APPROVE_WITHIN_MS
  const branch: Branch = {
    name: inTree?.name ?? 'by-hand',
    choose: asked.choose,
    approvals,
    approveWithin,
    because: `${asked.by} chose it: ${asked.because}`,
  }
  const way = wayOutOf(branch, rollout, failing)
  if (!way.possible) return { impossible: way.because }
  return decided(rollout, branch, facts, [], tried, asked.by, now)
}

function decided(
  rollout: Rollout,
  branch: Branch,
  facts: Facts,
  others: readonly Other[],
  tried: readonly Tried[],
  by: string,
  now: Instant,
): Decision {
  const approvals = approvalsFor(branch, rollout.strategy, by, now)
  const number = tried.length + 1
  const bypass = branch.bypass ?? null
  const bound = {
    number,
    branch: branch.name,
    choose: branch.choose,
    bypass,
    approvals,
    facts,
    rollout: rollout.id,
    // A yes for an earlier failure of the same rollout is not one for this.
    opening: rollout.openings,
  }
  const { hotfix } = rollout.strategy.mitigations
  return {
    number,
    branch: branch.name,
    choose: branch.choose,
    bypass,
    because: branch.because,
    approvals: [...approvals],
    approveWithinMs: branch.approveWithin,
    holdForMs:
      branch.choose === 'hotfix' && hotfix !== undefined ? hotfix.within : branch.approveWithin,
    others: [...others],
    facts: { ...facts },
    by,
    hash: digestOf(bound),
  }
}

/** Null when the branch can be taken. */
function whyNot(
  branch: Branch,
  rollout: Rollout,
  failing: Failing,
  facts: Facts,
  tried: readonly Tried[],
): string | null {
  const before = tried.find((one) => one.branch === branch.name)
  if (before !== undefined) return before.because
  const against = conditionAgainst(branch, facts)
  if (against !== null) return against
  const way = wayOutOf(branch, rollout, failing)
  return way.possible ? null : way.because
}

/** Null when the branch's condition holds, or when it has none. */
function conditionAgainst({ when }: Branch, facts: Facts): string | null {
  if (when === undefined) return null
  const condition = compileCondition(when)
  if (!condition.ok) return `its condition is not valid: ${condition.problem.message}`
  const holds = evaluate(condition.value, facts)
  if (!holds.ok) return holds.problem
  return holds.value ? null : `its condition does not hold: ${when}`
}

function approvalsFor(
  branch: Branch,
  strategy: Strategy,
  by: string,
  now: Instant,
): readonly ApprovalNeed[] {
  const needs: ApprovalNeed[] = branch.approvals.map(({ role, count }) => ({
    role,
    count,
    because: 'the decision tree asks for it',
  }))
  // People act on both of these themselves; nothing is done alone.
  if (branch.choose === 'hold' || branch.choose === 'hotfix') return needs
  if (branch.choose === 'bypass' && !needs.some(({ role }) => role === BYPASS_ROLE)) {
    needs.push({
      role: BYPASS_ROLE,
      count: 1,
      because: 'users lose something while a bypass is in effect',
    })
  }
  if (needs.length > 0 || by !== 'tree') return needs
  const credit = creditFor(branch.choose, strategy, now)
  return credit.fresh ? needs : [{ role: UNREHEARSED_ROLE, count: 1, because: credit.because }]
}

/** Automation is earned: a mitigation acts alone only while it was rehearsed lately. */
export function creditFor(
  kind: MitigationKind,
  strategy: Strategy,
  now: Instant,
): { readonly fresh: boolean; readonly because: string } {
  const days = strategy.practice.credits
    .filter((credit) => credit.mitigation === kind)
    .map((credit) => ({ ...credit, at: startOfDay(credit.rehearsedOn) }))
    .filter(({ at }) => at <= now)
    .toSorted((a, b) => b.at + b.freshFor - (a.at + a.freshFor))
  const [best] = days
  if (best === undefined)
    return { fresh: false, because: `${kind} was never rehearsed, so it does not act alone` }
  const until = best.at + DAY + best.freshFor
  if (now < until) return { fresh: true, because: `${kind} was rehearsed on ${best.rehearsedOn}` }
  const late = sayDuration(now - until)
  return {
    fresh: false,
    because: `${kind} was last rehearsed on ${best.rehearsedOn}; that ran out ${late} ago`,
  }
}

function nothingLeft(): Branch {
  return {
    name: NOTHING_LEFT,
    choose: 'hold',
    approvals: [],
    approveWithin: APPROVE_WITHIN_MS,
    because: 'no branch of the tree can be taken: a person has to decide',
  }
}
