import { isIll, isWorse, worstHealth } from '../words/health.ts'

/** What a threshold says of one period. A period in which too little was measured says nothing. */
export type Level = 'healthy' | 'degraded' | 'unhealthy'

/** The latest periods of one signal, and what they have come to: JSON, of a bounded size. */
export interface Settled {
  /** At most `m`, oldest first. */
  readonly periods: readonly Level[]
  readonly level: Level
}

export const UNSETTLED: Settled = { periods: [], level: 'healthy' }

/**
 * Tells a lasting fault from a passing one. A signal gets worse once `n` of its latest `m` periods
 * were at least that bad, and better only when all of them are: between the two it stays as it was
 * (hysteresis). Called once per measured period; silence moves nothing and so heals nothing.
 */
export function settle(
  before: Settled,
  measured: Level,
  { n, m }: { readonly n: number; readonly m: number },
): Settled {
  const periods = [...before.periods, measured].slice(-m)
  const lasting = nthWorst(periods, n)
  return { periods, level: worse(lasting, better(before.level, worstLevel(periods))) }
}

/** The worst level that at least `n` of the periods reached. */
function nthWorst(levels: readonly Level[], n: number): Level {
  const order: readonly Level[] = ['unhealthy', 'degraded']
  const reached = (limit: Level) => levels.filter((level) => !isWorse(limit, level)).length
  return order.find((level) => reached(level) >= n) ?? 'healthy'
}

function worstLevel(levels: readonly Level[]): Level {
  const worst = worstHealth(levels)
  return isIll(worst) ? worst : 'healthy'
}

function worse(one: Level, other: Level): Level {
  return isWorse(one, other) ? one : other
}

function better(one: Level, other: Level): Level {
  return isWorse(one, other) ? other : one
}
