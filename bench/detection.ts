import { availableParallelism } from 'node:os'
import { FORMS, jobsOf } from './detection/plan.ts'
import { playAll } from './detection/play-all.ts'
import { summaryOf } from './detection/summary.ts'
import { tablesOf } from './detection/tables.ts'
import type { BenchOptions, Report } from './run.ts'

/** Where seeds begin unless told otherwise. */
const FIRST_SEED = 1

/**
 * False alarms and delays of our detectors and of the peers' rules, on the same simulated traffic:
 * 60 minutes per rollout, a look every 5 s.
 */
export const detection = {
  says: 'false alarms and delay of every detector on the same traffic, beside the least delay that is possible',
  async run({ short, full, seed = FIRST_SEED, seeds, only }: BenchOptions): Promise<Report> {
    const form = full ? FORMS.full : short ? FORMS.short : FORMS.usual
    const reps =
      seeds === undefined
        ? form
        : { healthy: seeds, harder: seeds, failing: seeds, peers: Math.min(seeds, form.peers) }
    const jobs = jobsOf(reps, seed, only)
    const began = performance.now()
    const scores = await playAll(jobs, availableParallelism(), (done) => {
      const seconds = Math.round((performance.now() - began) / 1000)
      process.stderr.write(`\r${Math.round(100 * done)} % played, ${seconds} s`)
    })
    process.stderr.write('\n')
    return {
      rows: scores.map((score) => ({ name: `${score.world} · ${score.detector}`, ...score })),
      summary: { firstSeed: seed, ...reps, ...summaryOf(scores) },
      tables: tablesOf(scores),
    }
  },
}
