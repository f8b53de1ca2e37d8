import type { Findings, Question } from '../../core/backtest/backtest.ts'
import { type Finding, sayAt } from '../../core/backtest/say-findings.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { sayShare } from '../../core/words/exposure-share.ts'
import type { Asked } from '../backtest/ask.ts'
import { triedTable } from '../backtest/tried-table.ts'
import type { Ink } from './ink.ts'
import { countOf } from './numbers.ts'

const WIDTH = 100

/** A backtest as it fits on a screen: what was replayed, what was found, what other settings would have done. */
export function drawBacktest(
  asked: Asked,
  findings: Findings,
  said: readonly Finding[],
  ink: Ink,
): readonly string[] {
  const { question } = asked
  return [
    ...heading(asked, ink),
    '',
    ...said.flatMap((finding) => drawFinding(finding, ink)),
    ...(question.variations.length === 0 ? [] : ['', ...drawTable(question, findings, ink)]),
    ...question.recording.remarks.flatMap((remark, i) => [
      ...(i === 0 ? [''] : []),
      ...wrapped(remark, WIDTH - 2).map((line) => ink.dim(`  ${line}`)),
    ]),
  ]
}

function heading({ question, group }: Asked, ink: Ink): readonly string[] {
  const { recording, span, settings } = question
  const { falseAlarms, every, metrics } = settings.detection
  const names = metrics.map(({ name }) => name).join(', ')
  return [
    ink.bold(recording.name),
    ink.dim(
      `  ${sayAt(span.from)} to ${sayAt(span.to)}, ${countOf(recording.seen.length, 'reading')} of ${names}`,
    ),
    ink.dim(
      `  group ${group.name}: ${sayShare(group.share)}, bake ${sayDuration(group.bake)}, false alarms ${falseAlarms} over ${countOf(settings.groups, 'group')}, a look every ${sayDuration(every)}`,
    ),
  ]
}

function drawFinding({ weight, sentence }: Finding, ink: Ink): readonly string[] {
  const mark =
    weight === 'fine' ? ink.green('✔') : weight === 'wanting' ? ink.yellow('!') : ink.dim('·')
  return wrapped(sentence, WIDTH - 2).map((line, i) => (i === 0 ? `${mark} ${line}` : `  ${line}`))
}

function drawTable(question: Question, findings: Findings, ink: Ink): readonly string[] {
  const { head, rows } = triedTable(question, findings)
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const drawn = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()
  return [ink.dim(drawn(head)), ...rows.map(drawn)]
}

/** Breaks a sentence into lines at its spaces. */
function wrapped(sentence: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of sentence.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
