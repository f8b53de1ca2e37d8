import { add, type Counts, NOTHING } from '../../../src/core/detect/counter.ts'
import { burnRate } from '../../../src/core/detect/statistics/burn-rate.ts'
import type { DetectorKind } from '../detector.ts'
import type { Look } from '../look.ts'
import { Stretches } from './stretches.ts'

/** 99.9 % of requests are to succeed. */
const BUDGET = 0.001

/** The SRE workbook's multi-window burn rate on the candidate's own requests, paging for an objective of 99.9 %. */
export const BURN_RATE: DetectorKind = {
  name: 'SRE burn rate',
  says: 'pages at 14.4× over 1 h and 5 min or 6× over 6 h and 30 min, objective 99.9 %',
  role: 'peer',
  watches: 'errors',
  open: () => {
    const stretches = new Stretches()
    const minutes: Counts[] = []
    return {
      look(look: Look): boolean {
        const stretch = stretches.take(look)
        if (stretch === null) return false
        minutes.push(stretch.candidate)
        const last = (count: number) => minutes.slice(-count).reduce(add, NOTHING)
        const windows = {
          minutes5: last(5),
          minutes30: last(30),
          hours1: last(60),
          hours6: last(360),
          days3: last(4320),
        }
        return burnRate(windows, BUDGET) === 'page'
      },
    }
  },
}
