// Makes the two recordings of this folder, the same ones each time: node make-recordings.mjs
// With --check it only compares them with those that are here, and fails where they differ.
// The load of each hour is that of a real service on 2018-01-10, in requests per second: Microsoft Cloud
// Monitoring Dataset (github.com/microsoft/cloud-monitoring-dataset, 6a07a53c, MIT), series
// ecommerce-api-incoming-rps/api-01. What fails is made up.
import { readFileSync, writeFileSync } from 'node:fs'

const LOAD = [
  73.7, 68.0, 60.0, 48.0, 40.0, 33.1, 29.3, 29.1, 30.3, 30.5, 33.7, 37.8, 43.1, 48.3, 55.4, 62.8,
  66.2, 69.1, 67.1, 71.1, 73.4, 74.8, 73.5, 74.5,
]
const CANDIDATE_SHARE = 0.1
const USUAL_ERRORS = 0.002

let state = 20_261_123
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

function draw(count, probability) {
  let happened = 0
  for (let i = 0; i < count; i += 1) if (random() < probability) happened += 1
  return happened
}

function record(file, { from, seconds, rows, errors }) {
  const lines = ['time,candidate_requests,candidate_errors,control_requests,control_errors']
  for (let row = 0; row < rows; row += 1) {
    const at = Date.parse(from) + row * seconds * 1000
    const hour = (at / 3_600_000) % 24
    const [before, after] = [LOAD[Math.floor(hour)], LOAD[Math.ceil(hour) % 24]]
    const load = before + (after - before) * (hour % 1)
    const all = draw(Math.round(load * seconds * 1.25), 0.8)
    const candidate = draw(all, CANDIDATE_SHARE)
    const minute = (row * seconds) / 60
    const [bad, good] = errors(minute)
    const failed = [draw(candidate, bad), draw(all - candidate, good)]
    lines.push(
      [new Date(at).toISOString(), candidate, failed[0], all - candidate, failed[1]].join(),
    )
  }
  const [path, text] = [new URL(file, import.meta.url), `${lines.join('\n')}\n`]
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) throw new Error(`${file} is not what this makes`)
}

// A day on which nothing was wrong with any release. From 14:00 to 14:12 a database failed for everybody.
const isOutage = (minute) => minute >= 14 * 60 && minute < 14 * 60 + 12
record('healthy-day.csv', {
  from: '2026-11-18T00:00:00Z',
  seconds: 60,
  rows: 24 * 60,
  errors: (minute) => (isOutage(minute) ? [0.08, 0.08] : [USUAL_ERRORS, USUAL_ERRORS]),
})

// Two hours of a rollout whose release began to fail in 1.2 % of requests after 70 minutes.
record('bad-release.csv', {
  from: '2026-11-19T09:00:00Z',
  seconds: 10,
  rows: 720,
  errors: (minute) => [minute >= 70 ? 0.012 : USUAL_ERRORS, USUAL_ERRORS],
})
