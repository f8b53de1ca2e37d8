import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, test } from 'vitest'
import { openFlagd } from '../../src/drivers/flagd/flagd.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { fakeFlags } from '../support/fake-flags.ts'
import { flagsContract } from './flags.ts'

const QUIET = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }
const ask = () => ({ effectId: 'x', signal: AbortSignal.timeout(5_000) })

flagsContract('the fake flag system', async () => {
  const flags = fakeFlags(fakeClock(), {
    'new-checkout': { variant: 'on', variants: ['on', 'off'] },
  })
  return { flags, evaluated: async () => flags.variantOf('new-checkout') === 'on' }
})

flagsContract('the flagd file', async () => {
  const file = flagFile({ 'new-checkout': FLAG })
  return { flags: openFlagd(file), evaluated: async () => evaluate(file) }
})

describe('rules that give some users another variant', () => {
  const targeting = { if: [{ '==': [{ var: 'tier' }, 'gold'] }, 'on', 'off'] }
  const targeted = { ...FLAG, defaultVariant: 'off', targeting, metadata: { owner: 'team-shop' } }

  test('are seen, so that a flag which is off for most does not count as off', async () => {
    const seen = await openFlagd(flagFile({ 'new-checkout': targeted })).observe(
      'new-checkout',
      ask().signal,
    )

    expect(seen).toMatchObject({ ok: true, value: { variant: 'off+targeting' } })
  })

  test('are put aside while everybody gets one variant, and come back as they were', async () => {
    const file = flagFile({ 'new-checkout': targeted })
    const flags = openFlagd(file)
    expect(evaluate(file, { tier: 'gold' })).toBe(true)

    await flags.set('new-checkout', 'off', ask())
    expect(evaluate(file, { tier: 'gold' })).toBe(false)

    await flags.set('new-checkout', 'off+targeting', ask())
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ flags: { 'new-checkout': targeted } })
  })
})

test('everything else in the file stays as it is', async () => {
  const other = { ...FLAG, variants: { a: { deep: [1, 2] }, b: null }, defaultVariant: 'a' }
  const file = flagFile({ other, 'new-checkout': FLAG }, { $evaluators: { gold: {} } })

  await openFlagd(file).set('new-checkout', 'off', ask())

  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    $evaluators: { gold: {} },
    flags: { other, 'new-checkout': { ...FLAG, defaultVariant: 'off' } },
  })
})

test.each([
  ['two spaces', '  ', '\n'],
  ['tabs and no last line break', '\t', ''],
  ['one line', '', '\n'],
])('only what was set differs in a file with %s', async (_name, indent, end) => {
  const odd = { description: 'ü', ...FLAG, defaultVariant: 'on', extra: { z: 1, a: [1, 2] } }
  const write = (variant: string) =>
    JSON.stringify(
      { $schema: 's', flags: { b: odd, 'new-checkout': { ...odd, defaultVariant: variant } } },
      null,
      indent,
    ) + end
  const file = join(mkdtempSync(join(tmpdir(), 'goaround-flags-')), 'flags.json')
  writeFileSync(file, write('on'))

  await openFlagd(file).set('new-checkout', 'off', ask())

  expect(readFileSync(file, 'utf8')).toBe(write('off'))
})

test('flags of one file that are set at once all take effect', async () => {
  const keys = Array.from({ length: 20 }, (_, n) => `flag-${n}`)
  const file = flagFile(Object.fromEntries(keys.map((key) => [key, FLAG])))

  const set = await Promise.all(keys.map((key) => openFlagd(file).set(key, 'off', ask())))

  expect(set.every(({ ok }) => ok)).toBe(true)
  const { flags } = JSON.parse(readFileSync(file, 'utf8')) as { flags: Record<string, typeof FLAG> }
  expect(keys.filter((key) => flags[key]?.defaultVariant !== 'off')).toEqual([])
})

test('a name that every object knows is no flag', async () => {
  expect(await openFlagd(flagFile({})).observe('constructor', ask().signal)).toMatchObject({
    ok: false,
    problem: { reason: 'not-found' },
  })
})

test.each([
  ['is missing', null, /there is no flag file/],
  ['is not JSON', '{"flags": {', /is not JSON: .*position/],
  ['is not a flagd file', '{"flags": {"new-checkout": {"state": "MAYBE"}}}', /flags\.new-checkout/],
])('a file that %s is named with its place', async (_name, content, says) => {
  const file = join(mkdtempSync(join(tmpdir(), 'goaround-flags-')), 'flags.json')
  if (content !== null) writeFileSync(file, content)

  const outcome = await openFlagd(file).observe('new-checkout', ask().signal)

  expect(outcome.ok ? '' : outcome.problem.detail).toMatch(says)
  expect(outcome.ok ? '' : outcome.problem.detail).toContain(file)
})

function flagFile(
  flags: Readonly<Record<string, unknown>>,
  rest: Readonly<Record<string, unknown>> = {},
): string {
  const file = join(mkdtempSync(join(tmpdir(), 'goaround-flags-')), 'flags.json')
  writeFileSync(file, JSON.stringify({ ...rest, flags }))
  return file
}

/** What the reference implementation makes of the file. */
function evaluate(file: string, context: Record<string, string> = {}): boolean {
  const core = new FlagdCore()
  core.setConfigurations(readFileSync(file, 'utf8'))
  return core.resolveBooleanEvaluation('new-checkout', false, context, QUIET).value
}

function nothing(): void {}
