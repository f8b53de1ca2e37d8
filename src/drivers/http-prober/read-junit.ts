import { parseXml, XmlCdata, XmlElement, XmlText } from '@rgrove/parse-xml'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { TestCounts } from '../../core/words/test-outcome.ts'
import { lastLine } from '../support/last-line.ts'

/** Deeper nesting than this is not written by any runner. */
const DEPTH_MAX = 50

export interface FailedCase {
  /** `class › test`, as runners name it. */
  readonly name: string
  /** The first line of why; null when the runner does not say. */
  readonly message: string | null
}

export interface JunitReport {
  readonly counts: TestCounts
  readonly failed: readonly FailedCase[]
}

/**
 * Reads one JUnit XML document: `testsuites`, `testsuite` and `testcase` as Maven, Gradle, pytest,
 * Jest, Playwright, Go and GoogleTest write them. A test that failed at first and passed when it
 * was repeated (`flakyFailure`) has passed. A suite that declares more failures than it names
 * tests for, because it broke before its first test, fails under its own name.
 */
export function readJunit(text: string): Result<JunitReport, string> {
  let root: XmlElement | null
  try {
    root = parseXml(text.replace(/^\uFEFF/, '')).root
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return no(why.split('\n')[0] ?? 'it cannot be read')
  }
  if (root === null || (root.name !== 'testsuites' && root.name !== 'testsuite')) {
    return no(`its root is <${root?.name ?? 'nothing'}>, not <testsuites> or <testsuite>`)
  }
  return yes(
    sum(elementsOf(root, 'testsuite').length === 0 ? [ofSuite(root, 0)] : ofSuites(root, 0)),
  )
}

function ofSuites(parent: XmlElement, depth: number): readonly JunitReport[] {
  if (depth > DEPTH_MAX) return []
  return elementsOf(parent, 'testsuite').map((suite) => ofSuite(suite, depth))
}

function ofSuite(suite: XmlElement, depth: number): JunitReport {
  const inner = ofSuites(suite, depth + 1)
  const own = elementsOf(suite, 'testcase').map(ofCase)
  const all = sum([...inner, ...own])
  const declared = number(suite, 'failures') + number(suite, 'errors')
  const unnamed = declared - all.counts.failures - all.counts.errors
  if (unnamed <= 0) return all
  const name = suite.attributes['name'] ?? 'a suite without a name'
  const message = `it reports ${unnamed} failures of no test`
  const counts = { tests: unnamed, failures: 0, errors: unnamed, skipped: 0 }
  return sum([all, { counts, failed: [{ name, message }] }])
}

function ofCase(one: XmlElement): JunitReport {
  const [failure] = elementsOf(one, 'failure')
  const [error] = elementsOf(one, 'error')
  const bad = failure ?? error
  const isSkipped =
    elementsOf(one, 'skipped').length > 0 ||
    // GoogleTest says it with attributes.
    ['notrun', 'disabled'].includes(one.attributes['status'] ?? '') ||
    ['skipped', 'suppressed'].includes(one.attributes['result'] ?? '')
  const counts = {
    tests: 1,
    failures: failure === undefined ? 0 : 1,
    errors: failure === undefined && error !== undefined ? 1 : 0,
    skipped: bad === undefined && isSkipped ? 1 : 0,
  }
  if (bad === undefined) return { counts, failed: [] }
  const { classname, name = 'a test without a name' } = one.attributes
  const path = classname === undefined || classname === '' ? name : `${classname} › ${name}`
  return { counts, failed: [{ name: path, message: messageOf(bad) }] }
}

/** The attribute when there is one; otherwise the first line of the text, where it is said in full. */
function messageOf(element: XmlElement): string | null {
  const said = element.attributes['message'] ?? textOf(element)
  const first = said.split('\n').find((line) => line.trim() !== '')
  return first === undefined ? null : lastLine(first)
}

function textOf(element: XmlElement): string {
  return element.children
    .filter((child) => child instanceof XmlText || child instanceof XmlCdata)
    .map(({ text }) => text)
    .join('')
}

function elementsOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter(
    (child): child is XmlElement => child instanceof XmlElement && child.name === name,
  )
}

function number(element: XmlElement, name: string): number {
  const value = Number(element.attributes[name] ?? 0)
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

function sum(reports: readonly JunitReport[]): JunitReport {
  const total = { tests: 0, failures: 0, errors: 0, skipped: 0 }
  for (const { counts } of reports) {
    total.tests += counts.tests
    total.failures += counts.failures
    total.errors += counts.errors
    total.skipped += counts.skipped
  }
  return { counts: total, failed: reports.flatMap(({ failed }) => failed) }
}
