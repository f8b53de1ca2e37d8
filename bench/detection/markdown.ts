import type { Score } from './score.ts'
import { type Table, tablesOf } from './tables.ts'

/** The tables of a run as Markdown, for the documentation. */
export function markdownOf(scores: readonly Score[]): string {
  return tablesOf(scores).map(oneTable).join('\n\n')
}

function oneTable({ says, rows }: Table): string {
  const columns = [...new Set(Object.values(rows).flatMap((row) => Object.keys(row)))]
  return [
    `**${says}**`,
    '',
    line(['', ...columns]),
    line(['---', ...columns.map(() => '---:')]),
    ...Object.entries(rows).map(([name, row]) =>
      line([name, ...columns.map((column) => row[column] ?? '')]),
    ),
  ].join('\n')
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}
