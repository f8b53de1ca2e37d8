import type { ScenarioName } from '../../cli/actions.ts'

/** What a scenario breaks, and how it should end. */
export interface Scenario {
  readonly name: ScenarioName
  readonly says: string
  /** How release v2 is broken; see the demo's service. */
  readonly fault: 'none' | 'errors' | 'slow' | 'crashes' | 'flagged' | 'broken'
  readonly model: 'canary' | 'blue-green'
  readonly ends: {
    readonly outcome: 'mitigated' | 'completed'
    readonly mitigation: 'fallback' | 'bypass' | null
  }
}

const FALLS_BACK = { outcome: 'mitigated', mitigation: 'fallback' } as const

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  'bad-canary': {
    name: 'bad-canary',
    says: 'v2 fails half of all checkouts; it is exposed to 10 % of the users',
    fault: 'errors',
    model: 'canary',
    ends: FALLS_BACK,
  },
  'slow-canary': {
    name: 'slow-canary',
    says: 'v2 answers 120 ms later than v1, and never wrongly',
    fault: 'slow',
    model: 'canary',
    ends: FALLS_BACK,
  },
  'crashing-canary': {
    name: 'crashing-canary',
    says: 'v2 dies after 40 requests',
    fault: 'crashes',
    model: 'canary',
    ends: FALLS_BACK,
  },
  good: {
    name: 'good',
    says: 'v2 is as good as v1: it goes to 100 % and becomes the new last known good',
    fault: 'none',
    model: 'canary',
    ends: { outcome: 'completed', mitigation: null },
  },
  'blue-green': {
    name: 'blue-green',
    says: 'all users are switched to v2, whose checkout is broken, and switched back',
    fault: 'errors',
    model: 'blue-green',
    ends: FALLS_BACK,
  },
  flagged: {
    name: 'flagged',
    says: "v2's new checkout is broken and lies behind a flag: it is switched off, with a stakeholder's yes",
    fault: 'flagged',
    model: 'canary',
    ends: { outcome: 'mitigated', mitigation: 'bypass' },
  },
}

/** Who says yes in the demo, each with a token of their own. */
export const APPROVERS = { 'release-captain': 'robin', stakeholder: 'sam' } as const
