import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { drawBars } from '../../src/picture/draw-bars.ts'
import { drawChart } from '../../src/picture/draw-chart.ts'
import { markdownOf } from './markdown.ts'
import { merged } from './merged.ts'
import { allFalseAlarms, defaultFalseAlarms, errorDelays, latencyDelays } from './pictures.ts'
import { summaryOf } from './summary.ts'

/** A figure that does not exist in JSON (nothing to measure, or infinite) is null there. */
const Figure = z.number().nullable()
const Rows = z.object({
  rows: z.array(
    z.object({
      world: z.string(),
      detector: z.string(),
      rollouts: z.number(),
      falseAlarms: z.number(),
      falseAlarmPct: z.number(),
      falseAlarmUpperPct: z.number(),
      detectedPct: Figure,
      meanSeconds: Figure,
      p95Seconds: Figure,
      limitSeconds: Figure,
      overLimit: Figure,
      overSprt: Figure,
      extraFailures: Figure,
    }),
  ),
})

/**
 * `node bench/detection/draw.ts FOLDER RESULT.json…`: draws the pictures of runs that were saved
 * with `--json`, in one piece or in several, and writes their tables as Markdown and their
 * summary as JSON to the standard output.
 */
const [folder, ...files] = process.argv.slice(2)
if (folder === undefined || files.length === 0) {
  console.error('usage: node bench/detection/draw.ts FOLDER RESULT.json…')
  process.exit(2)
}
const scores = merged(files.map((file) => Rows.parse(JSON.parse(readFileSync(file, 'utf8'))).rows))
mkdirSync(folder, { recursive: true })
const pictures = {
  'detection-errors': drawChart(errorDelays(scores)),
  'detection-latency': drawBars(latencyDelays(scores)),
  'detection-false-alarms': drawBars(defaultFalseAlarms(scores)),
  'detection-false-alarms-peers': drawBars(allFalseAlarms(scores)),
}
for (const [name, svg] of Object.entries(pictures)) {
  writeFileSync(join(folder, `${name}.svg`), svg)
}
console.log(markdownOf(scores))
console.log(JSON.stringify(summaryOf(scores), null, 2))
