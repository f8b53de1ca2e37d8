import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROBLEM_CODES, problemOf } from './problems.ts'

test.each(PROBLEM_CODES)('%s says in whole sentences what happened and what to do', (code) => {
  const problem = problemOf({ code })
  expect(problem.title).toMatch(/^[A-Z].*\.$/)
  expect(problem.detail).toMatch(/^[A-Z].*\.$/)
  expect(problem.status).toBeGreaterThanOrEqual(400)
})

test('what stood in the way is said before what to do', () => {
  const { detail } = problemOf({ code: 'halted', detail: 'errors are three times as many' })
  expect(detail).toBe(
    'Errors are three times as many. Approve or reject the decision, choose a way out, or resume with a reason.',
  )
})

test('docs/api.md explains every status that a problem can have', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
  const line = page.split('\n').find((text) => text.startsWith('400 ')) ?? ''
  const explained = [...line.matchAll(/(\d{3}) /g)].map(([, status]) => Number(status))
  const real = new Set(PROBLEM_CODES.map((code) => problemOf({ code }).status))
  expect(explained).toEqual([...real].toSorted((a, b) => a - b))
})
