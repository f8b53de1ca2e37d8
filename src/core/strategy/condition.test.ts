import { describe, expect, test } from 'vitest'
import { compileCondition, evaluate } from './condition.ts'
import { FACT_FIELDS, type Facts } from './facts.ts'

const facts: Facts = {
  exposure: { model: 'canary', share: 0.05, group: 'canary', groupIndex: 0, groups: 3 },
  failure: {
    verdict: 'fail',
    metrics: ['errors'],
    routes: ['/checkout/pay'],
    worstRatio: 4.2,
    errorRate: 0.31,
    sentence: 'errors are 4.2 times those of the control',
  },
  health: { group: 'unhealthy', flows: 'degraded', unhealthy: [], degraded: ['web'], unknown: [] },
  workload: {
    name: 'shop',
    criticality: 'high',
    criticalityRank: 2,
    infrastructure: 'immutable',
  },
  release: { candidate: '2.0', lastKnownGood: '1.9' },
  able: { fallback: true, rollback: true, bypass: false, hotfix: false },
  alerts: { firing: [], severities: [] },
  effort: { hotfixMinutes: 0 },
  attempt: 0,
}

describe('a condition', () => {
  test.each([
    ['exposure.share < 0.25 && able.fallback', true],
    ['"errors" in failure.metrics && failure.worstRatio > 3.0', true],
    ['failure.routes.exists(r, r.startsWith("/checkout"))', true],
    ['health.flows == "degraded" && "web" in health.degraded', true],
    ['attempt > 0', false],
    ['exposure.groupIndex + 1 == exposure.groups', false],
    ['workload.criticalityRank >= 2', true],
    ['true // and a remark', true],
  ])('%s is %s', (text, expected) => {
    expect(ask(text)).toEqual({ ok: true, value: expected })
  })

  test('can ask about every fact that is listed', () => {
    const answers = FACT_FIELDS.map(({ path }) => ask(`${path} == ${path}`))
    expect(answers).toEqual(FACT_FIELDS.map(() => ({ ok: true, value: true })))
    expect(FACT_FIELDS.map(({ path }) => path)).toContain('failure.worstRatio')
  })

  test('that cannot be computed says so and holds for nobody', () => {
    const answer = ask('10 / attempt > 1')
    expect(answer).toMatchObject({ ok: false })
    expect(answer.ok ? '' : answer.problem).toMatch(/"10 \/ attempt > 1" could not be answered/)
  })
})

describe('a condition is refused', () => {
  test.each([
    ['exposure.sahre > 0.5', 9, 14, /no fact "exposure.sahre"/, /"exposure.share"/],
    ['share > 0.1', 0, 5, /no fact "share"/, /"exposure.share"/],
    ['able.retry', 5, 10, /no fact "able.retry"/, /able\.fallback, able\.rollback/],
    ['a &&', 4, 4, /ends too early/, /complete it/],
    ['attempt == 0.0', 0, 14, /int == double/, /with a point/],
    ['exposure.model == "blue_green"', 18, 30, /can never be/, /"blue-green"/],
    ['exposure.model in ["canary", "rng"]', 29, 34, /can never be "rng"/, /"ring"/],
    ['failure.metrics[0] == "a"', 0, 18, /index/, /may be empty/],
    ['has(exposure.share)', 0, 19, /"has" is not/, /always there/],
    ['failure.sentence.matches("(a+)+$")', 0, 34, /"matches" is not/, /startsWith/],
    ['dyn(1) == 1.0', 0, 6, /"dyn" is not/, /checks off/],
    ['failure.sentence.startWith("a")', 0, 31, /"startWith" is not/, /"startsWith"/],
    ['failure.metrics.all(e, [].all(f, f > 0))', 23, 25, /list is empty/, /what it holds/],
    ['{"a": 1} == {"a": 1}', 0, 8, /not available/, /docs/],
    ['null == null', 0, 4, /texts, numbers/, /compare/],
    ['9223372036854775807 > attempt', 0, 19, /larger than any fact/, /at most/],
    ['attempt', 0, 7, /gives int, not yes or no/, /compare it/],
    ['able == able', 0, 12, /no such overload/, /docs/],
    ['constructor == 1', 0, 11, /no fact "constructor"/, /facts begin with/],
  ])('%s', (text, start, end, message, fix) => {
    expect(compileCondition(text)).toEqual({
      ok: false,
      problem: {
        range: { start, end },
        message: expect.stringMatching(message),
        fix: expect.stringMatching(fix),
      },
    })
  })

  test('when it loops three deep, and not when it loops two deep', () => {
    const two = 'failure.routes.exists(a, failure.metrics.exists(b, a == b))'
    const three = `failure.routes.exists(c, ${two})`
    expect(compileCondition(two)).toMatchObject({ ok: true })
    expect(compileCondition(three)).toMatchObject({ ok: false })
  })

  test.each([
    ['too long', `true ${' '.repeat(2_000)}`],
    ['too deep', `${'('.repeat(30)}true${')'.repeat(30)}`],
    ['too large', Array.from({ length: 300 }, () => '1<2').join('||')],
    ['a very long chain', Array.from({ length: 650 }, () => '1').join('||')],
  ])('when it is %s', (_why, text) => {
    expect(compileCondition(text)).toMatchObject({ ok: false })
  })

  test('when it names a group or metric that the strategy does not have', () => {
    const known = { 'exposure.group': ['first', 'all'], 'failure.metrics': ['errors'] }
    expect(compileCondition('exposure.group == "frist"', known)).toMatchObject({
      problem: { fix: 'did you mean "first"?' },
    })
    expect(compileCondition('"latency" in failure.metrics', known)).toMatchObject({ ok: false })
    expect(compileCondition('"errors" in failure.metrics', known)).toMatchObject({ ok: true })
  })
})

function ask(text: string) {
  const compiled = compileCondition(text)
  if (!compiled.ok) throw new Error(`"${text}" was refused: ${compiled.problem.message}`)
  return evaluate(compiled.value, facts)
}
