import { describe, expect, test } from 'vitest'
import { readJunit } from './read-junit.ts'

const counts = (tests: number, failures = 0, errors = 0, skipped = 0) => ({
  tests,
  failures,
  errors,
  skipped,
})

/** Documents as runners write them, shortened, and what they say. */
const DOCUMENTS: Readonly<Record<string, readonly [xml: string, said: unknown]>> = {
  'one suite without a wrapper, as pytest wrote it once': [
    '<testsuite tests="1"><testcase classname="a" name="b" time="0.1"/></testsuite>',
    { counts: counts(1), failed: [] },
  ],
  'suites in suites, as Playwright and Gradle write them': [
    `<?xml version="1.0" encoding="UTF-8"?>
    <testsuites><testsuite name="outer"><testcase name="x"/>
      <testsuite name="inner"><testcase name="y"><skipped/></testcase></testsuite>
    </testsuite></testsuites>`,
    { counts: counts(2, 0, 0, 1), failed: [] },
  ],
  'a failure with a message, and an error with the reason in its text': [
    `<testsuites><testsuite failures="1" errors="1">
      <testcase classname="shop.Checkout" name="pays"><failure message="expected 200, got 500">at line 3</failure></testcase>
      <testcase name="opens"><error><![CDATA[
Error: no route
    at open]]></error></testcase></testsuite></testsuites>`,
    {
      counts: counts(2, 1, 1),
      failed: [
        { name: 'shop.Checkout › pays', message: 'expected 200, got 500' },
        { name: 'opens', message: 'Error: no route' },
      ],
    },
  ],
  'a test that passed when it was repeated, as Surefire writes it': [
    '<testsuite><testcase name="x"><flakyFailure message="once"/></testcase></testsuite>',
    { counts: counts(1), failed: [] },
  ],
  'a test that did not run, as GoogleTest writes it': [
    '<testsuite><testcase name="x" status="notrun" result="suppressed"/></testsuite>',
    { counts: counts(1, 0, 0, 1), failed: [] },
  ],
  'a suite that broke before its first test': [
    '<testsuites><testsuite name="db" tests="0" errors="1"/></testsuites>',
    {
      counts: counts(1, 0, 1),
      failed: [{ name: 'db', message: 'it reports 1 failures of no test' }],
    },
  ],
  'no test at all': ['<testsuites/>', { counts: counts(0), failed: [] }],
}

describe('JUnit XML', () => {
  test.each(Object.entries(DOCUMENTS))('of %s is read', (_name, [xml, said]) => {
    expect(readJunit(xml)).toStrictEqual({ ok: true, value: said })
  })

  test.each([
    ['cut off in the middle', '<testsuites><testsuite><testcase name="x"/>'],
    ['empty', ''],
    ['another kind of document', '<html><body/></html>'],
    ['JSON', '{"tests": 1}'],
    ['two documents in one', '<testsuite/><testsuite/>'],
    [
      'one that refers to what it declares itself',
      '<!DOCTYPE t [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>',
    ],
  ])('that is %s is refused and not taken for passed', (_what, xml) => {
    expect(readJunit(xml)).toMatchObject({ ok: false })
  })
})
