import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from 'yaml'
import type { Path } from './problem.ts'
import { scalarOffsets } from './scalar-offsets.ts'

/** A stretch of the file; `end` is behind its last character. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** A file that was read: its value, and where in the text each part of it stands. */
export interface Source {
  readonly file: string
  readonly text: string
  readonly value: unknown
  readonly lines: LineCounter
  /** Where the value at a path stands; when there is none, the nearest part around it. */
  readonly valueAt: (path: Path) => Stretch
  /** Where the name of a field stands. */
  readonly nameAt: (path: Path) => Stretch
  /** Where a part of a text value stands, given offsets into the value. */
  readonly withinValue: (path: Path, range: Stretch) => Stretch
}

/** Joins a parsed document, its plain value and its text. */
export function sourceOf(
  file: string,
  text: string,
  document: Document,
  lines: LineCounter,
  value: unknown,
): Source {
  const root = document.contents

  function valueAt(path: Path): Stretch {
    const { pair, node, missing } = find(document, root, path)
    if (missing || node === null) return pair === null ? wholeFile(node) : stretchOf(pair.key)
    return stretchOf(node)
  }

  function nameAt(path: Path): Stretch {
    const { pair, missing } = find(document, root, path)
    return missing || pair === null ? valueAt(path) : stretchOf(pair.key)
  }

  function withinValue(path: Path, range: Stretch): Stretch {
    const { node, missing } = find(document, root, path)
    const scalar = isAlias(node) ? node.resolve(document) : node
    if (missing || !isScalar(scalar)) return valueAt(path)
    const offsets = scalarOffsets(text, scalar)
    const last = offsets.at(-1) ?? 0
    const start = offsets[range.start] ?? last
    const end = range.end > range.start ? (offsets[range.end - 1] ?? last) + 1 : start
    return { start, end: Math.max(start, end) }
  }

  return { file, text, value, lines, valueAt, nameAt, withinValue }

  function wholeFile(node: Node | null): Stretch {
    return node === null ? { start: 0, end: 0 } : firstWord(stretchOf(node))
  }

  function firstWord({ start }: Stretch): Stretch {
    const word = /^[^\s:,\]}]+/.exec(text.slice(start, start + 200))?.[0] ?? ''
    return { start, end: start + word.length }
  }
}

interface Found {
  /** The innermost field that the path leads through. */
  readonly pair: Pair | null
  /** The value at the end of the path, or the last one that exists. */
  readonly node: Node | null
  readonly missing: boolean
}

function find(document: Document, root: Node | null, path: Path): Found {
  let pair: Pair | null = null
  let node = root
  for (const part of path) {
    const inner: Node | undefined | null = isAlias(node) ? node.resolve(document) : node
    if (isMap(inner)) {
      const next: Pair | undefined = inner.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      )
      if (next === undefined) return { pair, node, missing: true }
      pair = next
      node = asNode(next.value)
    } else if (isSeq(inner)) {
      const item = inner.items[Number(part)]
      if (item === undefined) return { pair, node, missing: true }
      // An item of a list has no name; its own place is the best one for what it lacks.
      pair = isMap(item) ? (item.items[0] ?? pair) : pair
      node = asNode(item)
    } else return { pair, node, missing: true }
  }
  return { pair, node, missing: false }
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null
}

function stretchOf(value: unknown): Stretch {
  const range = asNode(value)?.range
  return range === null || range === undefined
    ? { start: 0, end: 0 }
    : { start: range[0], end: range[1] }
}
