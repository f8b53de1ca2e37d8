import type { Findings } from '../../core/backtest/backtest.ts'
import { type Finding, sayAt } from '../../core/backtest/say-findings.ts'
import { sayThreshold } from '../../core/backtest/static-threshold.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { sayShare } from '../../core/words/exposure-share.ts'
import { drawChart } from '../../picture/draw-chart.ts'
import { drawPage, type Section } from '../../picture/page.ts'
import { type Table, tableOfChart } from '../../picture/table.ts'
import type { Asked } from './ask.ts'
import { evidenceChart, rateCharts } from './pictures.ts'
import { triedTable } from './tried-table.ts'

/** A backtest as one page that stands alone: what was found, how it looked, and under which settings. */
export function backtestPage(asked: Asked, findings: Findings, said: readonly Finding[]): string {
  const { question } = asked
  const [first, ...rest] = said
  const charts = [evidenceChart(question, findings), ...rateCharts(question, findings)]
  const sections: readonly Section[] = [
    { heading: 'What else was found', sentences: rest.map(({ sentence }) => sentence) },
    ...charts.map((chart) => ({
      heading: chart.title,
      sentences: [chart.description],
      picture: { svg: drawChart(chart), data: tableOfChart(chart) },
    })),
    {
      heading: 'What other settings would have done',
      table: {
        caption: 'Each row is the same recording under other settings.',
        ...triedTable(question, findings),
      },
    },
    {
      heading: 'How it was asked',
      sentences: question.recording.remarks,
      table: settingsTable(asked),
    },
  ]
  return drawPage({
    title: `Backtest of ${question.recording.name}`,
    lead: first?.sentence ?? '',
    sections: sections.filter(({ table }) => table === undefined || table.rows.length > 1),
  })
}

function settingsTable({ question, group }: Asked): Table {
  const { settings, span, recording, seed } = question
  const { detection, groups } = settings
  return {
    caption: 'The recording and the settings.',
    head: ['', ''],
    rows: [
      ['recording', `${recording.name}, ${recording.seen.length} readings`],
      ['from', sayAt(span.from)],
      ['to', sayAt(span.to)],
      [
        'group',
        `${group.name}: ${sayShare(group.share)}, bake ${sayDuration(group.bake)}, at least ${group.minExposure} requests`,
      ],
      ['false alarms', `${detection.falseAlarms} over ${groups} groups`],
      ['a look every', sayDuration(detection.every)],
      ['no data after', sayDuration(detection.staleAfter)],
      ...detection.metrics.map(({ name, kind, source, tolerance, weight, shadow }) => [
        name,
        `${kind} from ${source}, tolerance ${tolerance}, weight ${weight}${shadow ? ', shadow' : ''}`,
      ]),
      ['static threshold', sayThreshold(question.threshold)],
      ['seed of chance', String(seed)],
    ],
  }
}
