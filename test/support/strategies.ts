import type { z } from 'zod'
import { type Strategy, StrategyFile } from '../../src/core/strategy/schema.ts'

/** A strategy as people write it: durations and shares are texts. */
type Written = z.input<typeof StrategyFile>
type WrittenGroup = Written['exposure']['groups'][number]
type WrittenBranch = Written['decision']['tree'][number]

/** The parts in which the samples differ. */
export interface Changes {
  readonly model?: Written['exposure']['model']
  readonly groups?: readonly WrittenGroup[]
  readonly tree?: readonly WrittenBranch[]
  readonly mitigations?: Partial<Written['mitigations']>
  readonly workload?: Partial<Written['workload']>
  readonly detection?: Partial<Written['detection']>
  readonly health?: Written['health']
  readonly credits?: NonNullable<Written['practice']>['credits']
}

/** Three growing shares; the first is smoke tested. */
export const CANARY_GROUPS: readonly WrittenGroup[] = [
  {
    name: 'canary',
    share: '5%',
    bake: '1m',
    smoke: [{ name: 'answers', http: { path: '/' }, attempts: 2 }],
  },
  { name: 'half', share: '50%', bake: '2m' },
  { name: 'everyone', share: '100%', bake: '2m' },
]

/** Fall back if it can be done, otherwise roll back, otherwise a person decides. */
export const BACK_TREE: readonly WrittenBranch[] = [
  { name: 'fall-back', choose: 'fallback', because: 'the old stack still runs' },
  {
    name: 'roll-back',
    choose: 'rollback',
    approvals: [{ role: 'on-call' }],
    because: 'the whole state before the rollout is known to work',
  },
]

/** A rehearsal that is fresh for a month after 2026-11-20, so that the way out acts alone. */
export function rehearsed(mitigation: 'fallback' | 'rollback' | 'bypass') {
  return { mitigation, rehearsedOn: '2026-11-20', freshFor: '30d', evidence: 'drill 7' }
}

/** The checkout can be switched off for an hour at most. */
export const NO_CHECKOUT = {
  name: 'no-checkout',
  flag: { driver: 'flagd', file: 'flags.json', key: 'checkout', off: 'off' },
  covers: ['/checkout'],
  usersLose: 'nobody can pay',
  expiresAfter: '1h',
} as const

/** A canary of one component, with every way out. It is parsed as the file would be. */
export function sampleStrategy(changes: Changes = {}): Strategy {
  return StrategyFile.parse({
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [
        { name: 'web', replicas: 2, platform: { driver: 'processes', command: ['web'] } },
      ],
      configuration: ['shop.conf'],
      ...changes.workload,
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:8080' },
    exposure: { model: changes.model ?? 'canary', groups: changes.groups ?? CANARY_GROUPS },
    detection: { metrics: [{ name: 'errors', kind: 'error-rate' }], ...changes.detection },
    ...(changes.health === undefined ? {} : { health: changes.health }),
    mitigations: {
      fallback: {},
      rollback: {},
      bypasses: [NO_CHECKOUT],
      hotfix: { effort: '20m' },
      ...changes.mitigations,
    },
    decision: { tree: changes.tree ?? BACK_TREE },
    practice: { credits: changes.credits ?? [rehearsed('fallback')] },
  })
}
