import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { drawBars } from '../../src/picture/draw-bars.ts'
import { drawChart } from '../../src/picture/draw-chart.ts'
import { markdownOf } from './markdown.ts'
import { allFalseAlarms, defaultFalseAlarms, errorDelays, latencyDelays } from './pictures.ts'

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
 * `node bench/detection/draw.ts RESULT.json FOLDER`: draws the pictures of a run that was saved
 * with `--json`, and writes its tables as Markdown to the standard output.
 */
const [file, folder] = process.argv.slice(2)
if (file === undefined || folder === undefined) {
  console.error('usage: node bench/detection/draw.ts RESULT.json FOLDER')
  process.exit(2)
}
const { rows } = Rows.parse(JSON.parse(readFileSync(file, 'utf8')))
mkdirSync(folder, { recursive: true })
const pictures = {
  'detection-errors': drawChart(errorDelays(rows)),
  'detection-latency': drawBars(latencyDelays(rows)),
  'detection-false-alarms': drawBars(defaultFalseAlarms(rows)),
  'detection-false-alarms-peers': drawBars(allFalseAlarms(rows)),
}
for (const [name, svg] of Object.entries(pictures)) {
  writeFileSync(join(folder, `${name}.svg`), svg)
}
console.log(markdownOf(rows))
