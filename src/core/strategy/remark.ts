import { withoutSecrets } from './private-values.ts'
import { type Path, type StrategyProblem, sayPath } from './problem.ts'
import type { Source, Stretch } from './source.ts'

/** Wider than this an excerpt wraps in a terminal, and the caret points at nothing. */
const EXCERPT_CHARS_MAX = 100
/** How much of the line stands before the caret when the line has to be cut. */
const EXCERPT_BEFORE = 60

/** A problem before it knows its line: what a check says about a path. */
export interface Remark {
  readonly severity: StrategyProblem['severity']
  readonly path: Path
  /** Point at the field's name rather than at its value. */
  readonly atName?: boolean
  /** Point at the name and show nothing behind it: nobody knows what an unknown field holds. */
  readonly nameOnly?: boolean
  /** Point at a part of the text value, by offsets into it. */
  readonly range?: Stretch
  /** Point at this part of the file. */
  readonly stretch?: Stretch
  readonly found: string
  readonly expected: string
  readonly fix: string
}

/** Gives a remark its line, column and excerpt. */
export function problemAt(source: Source, remark: Remark): StrategyProblem {
  const { severity, path, found, expected, fix } = remark
  const { start, end } = stretchOf(source, remark)
  const { line, col } = source.lines.linePos(start)
  const place = { line: Math.max(line, 1), column: Math.max(col, 1) }
  return {
    severity,
    file: source.file,
    ...place,
    path: sayPath(path),
    found,
    expected,
    fix,
    excerpt: excerptAt(source, remark, place, end - start),
  }
}

function stretchOf(source: Source, remark: Remark): Stretch {
  if (remark.stretch !== undefined) return remark.stretch
  if (remark.range !== undefined) return source.withinValue(remark.path, remark.range)
  const atName = remark.atName === true || remark.nameOnly === true
  return atName ? source.nameAt(remark.path) : source.valueAt(remark.path)
}

function excerptAt(
  source: Source,
  { path, nameOnly }: Remark,
  { line, column }: { readonly line: number; readonly column: number },
  length: number,
): string {
  const whole = lineOf(source, line).replaceAll(/[\t\r]/g, ' ')
  const known = nameOnly === true ? `${whole.slice(0, column - 1 + length)}: …` : whole
  const plain =
    nameOnly === true ? withoutSecrets(known, [], column) : withoutSecrets(known, path, column)
  // A line that was shortened may end before the place; the caret then stands at its end.
  const at = Math.max(0, Math.min(column - 1, plain.length - (plain === whole ? 0 : 1)))
  const from = plain.length > EXCERPT_CHARS_MAX ? Math.max(0, at - EXCERPT_BEFORE) : 0
  const shown = plain.slice(from, from + EXCERPT_CHARS_MAX)
  const caret = at - from
  const room = Math.max(1, Math.min(plain.length - at, EXCERPT_CHARS_MAX - caret))
  const carets = '^'.repeat(Math.max(1, Math.min(length, room)))
  const number = String(line).padStart(5)
  return `${number} | ${shown}\n${' '.repeat(5)} | ${' '.repeat(caret)}${carets}`
}

function lineOf({ text, lines }: Source, line: number): string {
  const start = lines.lineStarts[line - 1] ?? 0
  const end = text.indexOf('\n', start)
  return text.slice(start, end === -1 ? text.length : end)
}
