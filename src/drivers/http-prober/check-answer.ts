import { sayDuration } from '../../core/kernel/instant.ts'
import type { ProbeTarget } from '../../ports/prober.ts'
import type { HttpOutcome } from '../support/http-exchange.ts'
import { shorten } from '../support/last-line.ts'
import { erred, type Finding, failed, passed } from './finding.ts'
import type { HttpSmoke } from './probe-http.ts'
import { valueAt } from './value-at.ts'

/** A value that a sentence quotes. */
const VALUE_CHARS_MAX = 100

/**
 * An instance that sends this header says which release it is (it was told in `GOAROUND_RELEASE`).
 * When it names another one, the test asked the wrong instance and proves nothing of the candidate.
 */
const RELEASE_HEADER = 'goaround-release'

/** Holds an answer against everything that the test demands; the first thing amiss is told. */
export function checkAnswer(
  http: HttpSmoke,
  { release }: ProbeTarget,
  answer: Extract<HttpOutcome, { kind: 'answered' }>,
  asked: string,
  tookMs: number,
): Finding {
  const said = answer.headers[RELEASE_HEADER]
  if (said !== undefined && said !== release) {
    return erred(`${asked} as release '${shorten(String(said))}', not '${release}'`)
  }
  if (answer.status !== http.status) {
    const elsewhere = redirectNote(answer.headers.location)
    return failed(`${asked}, not ${http.status}${elsewhere}`)
  }
  const note = answer.truncated ? ` in the part that was read` : ''
  if (http.bodyContains !== undefined && !answer.body.includes(http.bodyContains)) {
    return failed(`${asked} without the text '${shorten(http.bodyContains)}'${note}`)
  }
  const problem = jsonProblem(http.json, answer.body, note)
  if (problem !== null) return failed(`${asked}, but ${problem}`)
  return passed(`${asked} in ${sayDuration(tookMs)}`)
}

function redirectNote(location: string | undefined): string {
  // Only the host: a query may carry a session.
  const host = location === undefined ? null : URL.parse(location)?.host
  return host ? ` (it redirects to ${host}, which is not the candidate)` : ''
}

function jsonProblem(expected: HttpSmoke['json'], body: string, note: string): string | null {
  const paths = Object.entries(expected)
  if (paths.length === 0) return null
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return `its body is not JSON${note}`
  }
  for (const [path, wanted] of paths) {
    const found = valueAt(value, path)
    if (found === wanted) continue
    const shown = found === undefined ? 'missing' : shorten(JSON.stringify(found), VALUE_CHARS_MAX)
    return `'${path}' is ${shown}, not ${JSON.stringify(wanted)}`
  }
  return null
}
