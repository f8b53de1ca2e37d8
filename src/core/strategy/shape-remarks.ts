import type { z } from 'zod'
import { exampleOf, expectedAt, fieldsAt, homesOf } from './known-fields.ts'
import { nearest } from './nearest.ts'
import { isPrivate } from './private-values.ts'
import { type Path, sayPath } from './problem.ts'
import type { Remark } from './remark.ts'

/** A longer value is named by its beginning. */
const VALUE_CHARS_MAX = 60
/** More alternatives than this are looked up rather than read in an error. */
const NAMED_MAX = 14

/** What zod found wrong with the shape, in the words of somebody who writes strategies. */
export function shapeRemarks(error: z.ZodError, root: unknown): readonly Remark[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField(path, key, root))
      : [wrongValue(issue, path, root)]
  })
}

function unknownField(path: Path, key: string, root: unknown): Remark {
  const fields = fieldsAt(path, root)
  const missing = fields.filter((field) => valueAt(root, [...path, field]) === undefined)
  const meant = nearest(key, missing) ?? nearest(key, fields)
  const home = homesOf(key).find((at) => at !== '')
  return {
    severity: 'error',
    path: [...path, key],
    nameOnly: true,
    found: `the unknown field "${key}"`,
    expected: `one of ${named(fields)}`,
    fix:
      meant !== null
        ? `did you mean "${meant}"?`
        : home === undefined
          ? 'remove it: a rule that is not understood must not look as if it were kept'
          : `"${key}" belongs in ${home}`,
  }
}

function wrongValue(issue: z.core.$ZodIssue, path: Path, root: unknown): Remark {
  const value = valueAt(root, path)
  const expected = expectedOf(issue, path, root)
  return {
    severity: 'error',
    path,
    found: sayValue(value, path),
    expected,
    fix: value === undefined ? missingFix(path, root) : valueFix(value, path, root, expected),
  }
}

function expectedOf(issue: z.core.$ZodIssue, path: Path, root: unknown): string {
  const said = /^expected (.*)$/s.exec(issue.message)?.[1]
  if (said !== undefined) return said
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return `one of ${named(issue.options.map(String))}`
  }
  if (issue.code === 'invalid_format' && issue.format === 'url') {
    return 'a URL that begins with http:// or https://'
  }
  return expectedAt(path, root) ?? issue.message.replace(/^Invalid input: expected /, '')
}

function missingFix(path: Path, root: unknown): string {
  const name = path.at(-1)
  if (typeof name === 'number') return 'add the missing entry'
  const example = exampleOf(path, root)
  return `add "${String(name)}: ${example ?? '…'}"${path.length > 1 ? ` to ${sayPath(path.slice(0, -1))}` : ''}`
}

/** The slip behind a wrong value, where it can be guessed. */
function valueFix(value: unknown, path: Path, root: unknown, said: string): string {
  const expected = expectedAt(path, root) ?? ''
  if (value === null) return 'write a value behind the ":", or remove the field'
  if (typeof value === 'number' && expected.startsWith('a duration')) {
    return `write the unit, as in "${value}s" or "${value}m"`
  }
  if (typeof value === 'number' && expected.startsWith('a share')) return `write "${value}%"`
  if (typeof value !== 'string' && /^a (text|name)/.test(expected)) return 'put it in quotes'
  if (typeof value === 'string') {
    const choices = [...said.matchAll(/"([^"]+)"/g)].map(([, choice = '']) => choice)
    const meant = said.startsWith('one of') ? nearest(value, choices) : null
    if (meant !== null) return `did you mean "${meant}"?`
  }
  if (!Array.isArray(value) && expected.startsWith('a list')) return 'put it in a list: [ … ]'
  return 'change it; docs/strategy.md describes the field'
}

/** A value as it may be repeated to people: short, and never a secret. */
export function sayValue(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing behind the ":"'
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return 'fields'
  if (isPrivate(path)) return 'a value that is not repeated here'
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function named(words: readonly string[]): string {
  const shown = words.slice(0, NAMED_MAX).map((word) => `"${word}"`)
  return words.length > NAMED_MAX ? `${shown.join(', ')}, …` : shown.join(', ')
}
