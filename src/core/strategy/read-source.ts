import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { no, type Result, yes } from '../kernel/result.ts'
import { type Path, type StrategyProblem, sayPath } from './problem.ts'
import { problemAt, type Remark } from './remark.ts'
import { type Source, type Stretch, sourceOf } from './source.ts'

/** A strategy of a large team has 20 kB; ten times that is no longer read by anybody. */
export const STRATEGY_BYTES_MAX = 256 * 1024
/** A file of 1,000 lines has about 10,000 tokens. Above it the parser's own work could be abused. */
const TOKENS_MAX = 40_000
/** Values of the whole file with every alias written out: an alias may save typing, not explode. */
const VALUES_MAX = 20_000
/** The format itself is 9 levels deep. */
const DEPTH_MAX = 30
/** After this many syntax errors the rest is only an echo of the first. */
const SYNTAX_ERRORS_MAX = 10

/** What to do about the parser's most frequent complaints. */
const SYNTAX_FIXES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'remove the "---": one file holds one strategy',
  MISSING_CHAR: 'close the quote or bracket that was opened',
  BAD_INDENT: 'align it with its neighbours, or close the bracket before',
  BLOCK_AS_IMPLICIT_KEY: 'put texts with ": " in quotes, or begin a new line',
  RESOURCE_EXHAUSTION: 'nest less deeply',
  TAG_RESOLVE_FAILED: 'remove the tag; a strategy has plain values only',
}

/** Reads YAML, or JSON, which is YAML too, into a value whose every part knows its place. */
export function readSource(text: string, file: string): Result<Source, readonly StrategyProblem[]> {
  const bare = (message: Omit<Remark, 'severity' | 'path'>) =>
    no([problemAt(emptySource(text, file), { severity: 'error', path: [], ...message })])

  const bytes = byteLength(text)
  if (bytes > STRATEGY_BYTES_MAX) {
    return bare({
      found: `${Math.ceil(bytes / 1024)} kB`,
      expected: `at most ${STRATEGY_BYTES_MAX / 1024} kB`,
      fix: 'a strategy describes one workload; split it by workload',
    })
  }
  if (hasTooManyTokens(text)) {
    return bare({
      found: `more than ${TOKENS_MAX} words and signs`,
      expected: 'a file that people can read',
      fix: 'a strategy describes one workload; split it by workload',
    })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Its check compares every pair of names; `plainValue` finds repeats in one pass.
    uniqueKeys: false,
    // Not 'silent', which would also swallow that there is a second document.
    logLevel: 'error',
  })
  const source = sourceOf(file, text, document, lines, null)
  const complaints = [...document.errors, ...document.warnings].slice(0, SYNTAX_ERRORS_MAX)
  if (complaints.length > 0) {
    return no(
      complaints.map(({ code, message, pos: [start, end] }) =>
        problemAt(source, {
          severity: 'error',
          path: [],
          stretch: { start, end },
          found: 'text that is not YAML',
          expected: `YAML or JSON (${firstLine(message)})`,
          fix: SYNTAX_FIXES[code] ?? 'correct it here, or a little before',
        }),
      ),
    )
  }
  const plain = plainValue(document)
  if (plain.remarks.length > 0) return no(plain.remarks.map((one) => problemAt(source, one)))
  return yes({ ...source, value: plain.value })
}

interface Plain {
  readonly value: unknown
  readonly remarks: readonly Remark[]
}

/** The document as plain values, with every alias written out, within limits. */
function plainValue(document: Document): Plain {
  const remarks: Remark[] = []
  let values = 0
  const value = plain(document.contents, [])
  return { value, remarks }

  function plain(node: unknown, path: Path): unknown {
    values += 1
    // One remark is enough: everything behind the limit would repeat it.
    if (values > VALUES_MAX + 1) return null
    if (values > VALUES_MAX) return tooMuch(path)
    if (path.length > DEPTH_MAX) return tooDeep(path)
    if (isAlias(node)) {
      const meant = node.resolve(document)
      return meant === undefined ? noAnchor(node.source, path) : plain(meant, path)
    }
    if (isMap(node)) return plainMap(node, path)
    if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index]))
    return isScalar(node) ? node.value : null
  }

  function plainMap(map: YAMLMap, path: Path): Readonly<Record<string, unknown>> {
    const entries = new Map<string, unknown>()
    for (const { key, value: inner } of map.items) {
      const name = isScalar(key) ? String(key.value) : null
      if (name === null) remarks.push(badName(path, stretchOf(key)))
      else if (entries.has(name)) remarks.push(repeated(path, name, stretchOf(key)))
      else entries.set(name, plain(inner, [...path, name]))
    }
    return Object.fromEntries(entries)
  }

  function noAnchor(name: string, path: Path): null {
    remarks.push({
      severity: 'error',
      path,
      found: `"*${name}", and no "&${name}" before it`,
      expected: 'an alias of something that was named',
      fix: `name the value with "&${name}", or put the text in quotes`,
    })
    return null
  }

  function tooMuch(path: Path): null {
    remarks.push({
      severity: 'error',
      path: path.slice(0, 1),
      found: `more than ${VALUES_MAX} values, with aliases written out`,
      expected: 'a file that people can read',
      fix: 'use fewer aliases ("*name"), and none that contain others',
    })
    return null
  }

  function tooDeep(path: Path): null {
    remarks.push({
      severity: 'error',
      path: path.slice(0, 1),
      found: `values nested more than ${DEPTH_MAX} deep, or an alias that contains itself`,
      expected: 'a strategy',
      fix: 'nest less deeply',
    })
    return null
  }
}

function badName(path: Path, stretch: Stretch): Remark {
  return {
    severity: 'error',
    path,
    stretch,
    found: 'a field whose name is not a text',
    expected: 'a name',
    fix: 'write the name of a field before the ":"',
  }
}

function repeated(path: Path, name: string, stretch: Stretch): Remark {
  return {
    severity: 'error',
    path: [...path, name],
    stretch,
    found: `the field "${name}" a second time`,
    expected: 'each field once, because only one of the two could be obeyed',
    fix: `remove one of the two in ${path.length === 0 ? 'the file' : sayPath(path)}`,
  }
}

function hasTooManyTokens(text: string): boolean {
  let count = 0
  for (const token of new Lexer().lex(text)) {
    count += token.length > 0 ? 1 : 0
    if (count > TOKENS_MAX) return true
  }
  return false
}

/** UTF-8 bytes, counted without a copy: 1, 2, 3, or 4 for a pair of surrogates. */
function byteLength(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    const isHalf = unit >= 0xd800 && unit <= 0xdfff
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isHalf ? 2 : 3
  }
  return bytes
}

function emptySource(text: string, file: string): Source {
  const start = text.slice(0, text.search(/\n|$/))
  return sourceOf(file, start, parseDocument(''), new LineCounter(), null)
}

function stretchOf(key: unknown): Stretch {
  const range = isNode(key) ? key.range : null
  return range === null || range === undefined
    ? { start: 0, end: 0 }
    : { start: range[0], end: range[1] }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/; please use YAML\..*$/, '')
}
