import type { Failing } from '../rollout/failing.ts'
import { controlStack, isFirstRelease, type Rollout } from '../rollout/state.ts'
import type { Branch, Bypass } from '../strategy/schema.ts'
import type { MitigationKind } from '../words/mitigation-kind.ts'

/** Whether a way out can be taken now, and the reason in a sentence either way. */
export interface WayOut {
  readonly possible: boolean
  readonly because: string
}

/** A way out that was taken, or offered, in this rollout and did not end the failure. */
export interface Tried {
  readonly branch: string
  readonly choose: MitigationKind
  readonly because: string
}

/** Whether one branch's way out can be taken for this failure. */
export function wayOutOf(branch: Branch, rollout: Rollout, failing: Failing): WayOut {
  const { mitigations } = rollout.strategy
  switch (branch.choose) {
    case 'fallback':
      if (mitigations.fallback === undefined) return notNamed('fallback')
      return backIsThere(rollout, `the old stack (${controlStack(rollout)}) is still there`)
    case 'rollback':
      if (mitigations.rollback === undefined) return notNamed('rollback')
      return backIsThere(rollout, 'the state before the rollout was captured')
    case 'bypass': {
      const bypass = mitigations.bypasses.find(({ name }) => name === branch.bypass)
      return bypass === undefined
        ? notNamed(`bypass '${branch.bypass ?? ''}'`)
        : bypassCovers(bypass, failing)
    }
    case 'hotfix':
      if (mitigations.hotfix === undefined) return notNamed('hotfix')
      return { possible: true, because: 'a fix can be built and rolled out' }
    case 'hold':
      return { possible: true, because: 'waiting for a person is always possible' }
  }
}

function notNamed(what: string): WayOut {
  return { possible: false, because: `the strategy's mitigations name no ${what}` }
}

function backIsThere(rollout: Rollout, because: string): WayOut {
  if (!isFirstRelease(rollout) && rollout.baseline !== null) return { possible: true, because }
  return { possible: false, because: 'this is the first release: there is nothing to go back to' }
}

/** Why no flag can answer these, whatever it covers. */
const BEYOND_FLAGS: Readonly<Partial<Record<Failing['kind'], string>>> = {
  smoke: 'the release failed its smoke tests; no flag changes that',
  deploy: 'the release could not be brought up; no flag changes that',
  'no-data': 'nothing could be measured, so a flag could not be seen to help',
  operator: 'a person stopped the rollout; a flag is no answer to that',
}

/** A flag helps only where every route that is known to fail lies behind it. */
function bypassCovers(bypass: Bypass, failing: Failing): WayOut {
  const beyond = BEYOND_FLAGS[failing.kind]
  if (beyond !== undefined) return { possible: false, because: beyond }
  if (bypass.covers.length === 0)
    return { possible: true, because: `flag '${bypass.flag.key}' covers all routes` }
  if (failing.routes.length === 0) {
    return {
      possible: false,
      because: `it is not known which routes fail, and flag '${bypass.flag.key}' covers only some`,
    }
  }
  const outside = failing.routes.filter(
    (route) => !bypass.covers.some((prefix) => route.startsWith(prefix)),
  )
  if (outside.length === 0) {
    return {
      possible: true,
      because: `flag '${bypass.flag.key}' covers ${failing.routes.join(', ')}`,
    }
  }
  return {
    possible: false,
    because: `flag '${bypass.flag.key}' does not cover ${outside.join(', ')}`,
  }
}
