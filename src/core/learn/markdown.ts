/** Text from outside as a part of a sentence: one line, and never markup of its own. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*<]|\](?=[([])/g, (sign) => `\\${sign}`)
}

/** A table with a head. Cells are plain text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${head.map(() => ' --- ').join('|')}|`, ...rows.map(row)].join('\n')
}

/** A list with a bullet per line; each line is Markdown already. */
export function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

/** Things that a person fills in, as boxes to be ticked. */
export function questions(lines: readonly string[]): string {
  return lines.map((line) => `- [ ] ${line}`).join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|')
}
