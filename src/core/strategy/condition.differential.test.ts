import { celEnv, parse, plan } from '@bufbuild/cel'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HealthState } from '../words/health.ts'
import { compileCondition, evaluate } from './condition.ts'
import type { Facts } from './facts.ts'
import { FAILURE_KINDS } from './facts.ts'
import { CRITICALITIES, EXPOSURE_MODELS, INFRASTRUCTURES } from './schema.ts'

/** Enough to see each operator against each kind of fact some dozens of times. */
const RUNS = 3_000

/** Texts with accents, quotes and signs outside the basic plane, because routes and names have them. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    'errors',
    'latency',
    '/checkout',
    '/checkout/pay',
    'café',
    '🙂',
    '\uFFFD',
    "it's",
  ),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
)
const ratio = fc.oneof(
  fc.constantFrom(0, 1, 0.5, 3, 1e-9, 1e21),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
)
const count = fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: -5, max: 1_000_000 }))
const bool = fc.boolean()

/** Plain objects, as they come out of the log; the generator's own have no prototype. */
const someFacts: fc.Arbitrary<Facts> = fc
  .record({
    exposure: fc.record({
      model: fc.constantFrom(...EXPOSURE_MODELS),
      share: ratio,
      group: text,
      groupIndex: count,
      groups: count,
    }),
    failure: fc.record({
      verdict: fc.constantFrom(...FAILURE_KINDS),
      metrics: fc.array(text, { maxLength: 4 }),
      routes: fc.array(text, { maxLength: 4 }),
      worstRatio: ratio,
      errorRate: ratio,
      sentence: text,
    }),
    health: fc.record({
      group: fc.constantFrom(...HealthState.options),
      flows: fc.constantFrom(...HealthState.options),
      unhealthy: fc.array(text, { maxLength: 4 }),
      degraded: fc.array(text, { maxLength: 4 }),
      unknown: fc.array(text, { maxLength: 4 }),
    }),
    workload: fc.record({
      name: text,
      criticality: fc.constantFrom(...CRITICALITIES),
      criticalityRank: count,
      infrastructure: fc.constantFrom(...INFRASTRUCTURES),
    }),
    release: fc.record({ candidate: text, lastKnownGood: text }),
    able: fc.record({ fallback: bool, rollback: bool, bypass: bool, hotfix: bool }),
    alerts: fc.record({ firing: fc.array(text), severities: fc.array(text) }),
    effort: fc.record({ hotfixMinutes: ratio }),
    attempt: count,
  })
  .map((facts) => structuredClone(facts))

/** Conditions of the right types, three levels deep, over every operator and function that is allowed. */
const conditions = fc.letrec<{
  bool: string
  int: string
  double: string
  text: string
  list: string
}>((tie) => ({
  int: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      'attempt',
      'exposure.groupIndex',
      'exposure.groups',
      'workload.criticalityRank',
    ),
    fc.integer({ min: 0, max: 5 }).map(String),
    fc.tuple(tie('int'), fc.constantFrom('+', '-', '*', '/', '%'), tie('int')).map(spaced),
    tie('int').map((inner) => `-(${inner})`),
    tie('list').map((list) => `size(${list})`),
    tie('text').map((inner) => `${inner}.size()`),
  ),
  double: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      'exposure.share',
      'failure.worstRatio',
      'failure.errorRate',
      'effort.hotfixMinutes',
    ),
    fc.constantFrom('0.0', '0.05', '3.0', '1e3', '30.5'),
    fc.tuple(tie('double'), fc.constantFrom('+', '-', '*', '/'), tie('double')).map(spaced),
    tie('int').map((inner) => `double(${inner})`),
  ),
  text: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('exposure.group', 'failure.sentence', 'release.candidate', 'workload.name'),
    text.map(quoted),
    fc.tuple(tie('text'), fc.constant('+'), tie('text')).map(spaced),
  ),
  list: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('failure.metrics', 'failure.routes'),
    fc.array(text.map(quoted), { minLength: 1, maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    fc.tuple(tie('list'), tie('text')).map(([list, part]) => `${list}.filter(x, x != ${part})`),
    fc.tuple(tie('list'), tie('text')).map(([list, part]) => `${list}.map(x, x + ${part})`),
  ),
  bool: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('able.fallback', 'able.bypass', 'true', 'false'),
    fc.tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool')).map(spaced),
    tie('bool').map((inner) => `!(${inner})`),
    fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    ...(['int', 'double', 'text'] as const).map((kind) =>
      fc.tuple(tie(kind), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie(kind)).map(spaced),
    ),
    fc.tuple(tie('double'), fc.constantFrom('<', '>='), tie('int')).map(spaced),
    fc.tuple(tie('list'), fc.constantFrom('==', '!='), tie('list')).map(spaced),
    fc.tuple(tie('text'), fc.constant('in'), tie('list')).map(spaced),
    fc.constantFrom('exposure.model == "canary"', 'failure.verdict in ["smoke", "deploy"]'),
    fc
      .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
      .map(([a, name, b]) => `${a}.${name}(${b})`),
    fc
      .tuple(tie('list'), fc.constantFrom('exists', 'all', 'exists_one'), tie('text'))
      .map(([list, name, part]) => `${list}.${name}(x, x.startsWith(${part}))`),
  ),
}))

/** Conditions as people write them, each with the parts that the generator does not reach together. */
const TYPICAL = [
  'exposure.share < 0.25',
  'exposure.model == "blue-green" && able.fallback',
  'failure.verdict == "smoke" || failure.verdict == "deploy"',
  'failure.verdict in ["smoke", "deploy"] && attempt == 0',
  '"errors" in failure.metrics && failure.worstRatio > 3.0',
  'failure.routes.size() > 0 && failure.routes.all(r, r.startsWith("/checkout"))',
  'able.bypass && failure.errorRate < 0.05',
  'effort.hotfixMinutes > 0.0 && effort.hotfixMinutes <= 30.0 && workload.infrastructure == "mutable"',
  'workload.criticalityRank >= 3',
  'exposure.groupIndex + 1 == exposure.groups',
  'double(attempt) / double(exposure.groups) > 0.5',
  'failure.worstRatio / 0.0 > 1.0',
  '10 / attempt > 1',
  '10 / attempt > 1 || true',
  'attempt % 2 == 0 ? able.fallback : able.rollback',
  'failure.metrics.filter(m, m.contains("err")).size() == 1',
  'failure.routes.exists(r, failure.metrics.exists(m, r.endsWith(m)))',
  'failure.routes.exists_one(r, r == "/checkout")',
  'release.lastKnownGood == ""',
  'size(failure.sentence) > 3 && !(failure.sentence < "b")',
  'exposure.share > 0',
  'failure.routes.all(r, 1 / (attempt - attempt) == 0) || able.fallback',
  'attempt * 1000000000000000 * 1000000000000000 > 0',
]

describe('our conditions and the reference implementation', () => {
  test.each(TYPICAL)('agree on %s', (condition) => {
    expect(compileCondition(condition)).toMatchObject({ ok: true })
    fc.assert(
      fc.property(someFacts, (facts) => {
        expect(ours(condition, facts)).toBe(theirs(condition, facts))
      }),
      { numRuns: 100 },
    )
  })

  test('agree on conditions of any shape, errors included', () => {
    let answered = 0
    fc.assert(
      fc.property(conditions.bool, someFacts, (condition, facts) => {
        const answer = ours(condition, facts)
        if (answer === 'refused') return
        answered += 1
        expect(answer).toBe(theirs(condition, facts))
      }),
      { numRuns: RUNS },
    )
    expect(answered).toBeGreaterThan(RUNS / 2)
  })
})

type Answer = boolean | 'error' | 'refused'

function ours(condition: string, facts: Facts): Answer {
  const compiled = compileCondition(condition)
  if (!compiled.ok) return 'refused'
  const answer = evaluate(compiled.value, facts)
  return answer.ok ? answer.value : 'error'
}

function theirs(condition: string, facts: Facts): Answer {
  const whole = BigInt
  const answer = plan(
    celEnv(),
    parse(condition),
  )({
    ...facts,
    exposure: {
      ...facts.exposure,
      groupIndex: whole(facts.exposure.groupIndex),
      groups: whole(facts.exposure.groups),
    },
    workload: { ...facts.workload, criticalityRank: whole(facts.workload.criticalityRank) },
    attempt: whole(facts.attempt),
  })
  return typeof answer === 'boolean' ? answer : 'error'
}

function spaced([a, operator, b]: readonly [string, string, string]): string {
  return `(${a} ${operator} ${b})`
}

function quoted(value: string): string {
  return JSON.stringify(value)
}
