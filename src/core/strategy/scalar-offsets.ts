import type { Scalar } from 'yaml'

/** Where a block scalar's text begins: after the `|` or `>` with its signs and a remark. */
const BLOCK_HEADER = /^[|>][-+\d]*[^\n]*\n/

/**
 * The offset in the file of each character of a scalar's value. YAML folds lines, removes
 * indentation and has escapes, so the two differ; a message about a condition that spans lines
 * must still point at the right letter.
 */
export function scalarOffsets(text: string, scalar: Scalar): readonly number[] {
  const value = typeof scalar.value === 'string' ? scalar.value : ''
  const [start = 0, end = start] = scalar.range ?? []
  const { type } = scalar
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    const header = BLOCK_HEADER.exec(text.slice(start, end))?.[0].length ?? 0
    return aligned(value, text, start + header, unescaped)
  }
  if (type === 'QUOTE_SINGLE') return aligned(value, text, start + 1, singleQuoted)
  if (type === 'QUOTE_DOUBLE') return aligned(value, text, start + 1, doubleQuoted)
  return aligned(value, text, start, unescaped)
}

/** What an escape at this place stands for, and how long it is. */
type Escape = (text: string, at: number) => Escaped | null

interface Escaped {
  /** How many units of the value it is. */
  readonly stands: number
  readonly long: number
  readonly space: boolean
}

/**
 * Walks value and file side by side. White space that only the file has is skipped; a line break
 * that became a space, or a space that became nothing, stays where the walk stands.
 */
function aligned(value: string, text: string, start: number, escape: Escape): readonly number[] {
  const offsets: number[] = []
  let at = start
  for (let i = 0; i < value.length; ) {
    const escaped = escape(text, at)
    if (escaped !== null && escaped.space && !isSpace(value[i])) {
      // Its space was matched by a line break before.
      at += escaped.long
    } else if (escaped !== null) {
      for (let unit = 0; unit < escaped.stands; unit += 1) offsets.push(at)
      i += escaped.stands
      at += escaped.long
    } else if (text[at] === value[i]) {
      offsets.push(at)
      at += 1
      i += 1
    } else if (isSpace(value[i])) {
      offsets.push(at)
      i += 1
      if (isSpace(text[at])) at += 1
    } else if (isSpace(text[at])) {
      at += 1
    } else {
      // The two no longer match; the rest is put where the last match was.
      offsets.push(at)
      i += 1
    }
  }
  return [...offsets, at]
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character)
}

function unescaped() {
  return null
}

function singleQuoted(text: string, at: number) {
  return text.startsWith("''", at) ? { stands: 1, long: 2, space: false } : null
}

function doubleQuoted(text: string, at: number) {
  if (text[at] !== '\\') return null
  const joined = /^\\\r?\n[ \t]*/.exec(text.slice(at, at + 200))
  if (joined !== null) return { stands: 0, long: joined[0].length, space: false }
  const digits = { x: 2, u: 4, U: 8 }[text[at + 1] ?? '']
  if (digits === undefined)
    return { stands: 1, long: 2, space: /[ ntr\t]/.test(text[at + 1] ?? '') }
  const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16)
  return { stands: code > 0xffff ? 2 : 1, long: 2 + digits, space: false }
}
