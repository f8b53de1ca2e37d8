/** A place in a strategy, from its root: `['exposure', 'groups', 1, 'share']`. */
export type Path = readonly (string | number)[]

/**
 * Something about a strategy that its author should know. An `error` refuses the file, because
 * what it asks for cannot be done or cannot be meant; a `finding` is a warning from experience.
 */
export interface StrategyProblem {
  readonly severity: 'error' | 'finding'
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
  /** `exposure.groups[1].share`; empty for the whole file. */
  readonly path: string
  readonly found: string
  readonly expected: string
  readonly fix: string
  /** The line of the file with a caret under the place. Values that may be secret are left out. */
  readonly excerpt: string
}

/** A problem in one line, for logs, lists and editors: `goaround.yaml:12:7 exposure…: found …`. */
export function sayProblem(problem: StrategyProblem): string {
  const { file, line, column, path } = problem
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${problemSentence(problem)}`
}

/** What is wrong, what should be there and what to do, without the place. */
export function problemSentence({ found, expected, fix }: StrategyProblem): string {
  return `found ${found}; expected ${expected}; ${fix}`
}

/** A problem for a terminal: the line, then the excerpt with its caret. */
export function showProblem(problem: StrategyProblem): string {
  return `${sayProblem(problem)}\n${problem.excerpt}`
}

/** `exposure.groups[1].share` */
export function sayPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}
