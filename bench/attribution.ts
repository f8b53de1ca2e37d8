import { accusedAt, gandalfVotes } from './attribution/gandalf.ts'
import { ours } from './attribution/ours.ts'
import {
  type Accusation,
  mean,
  precisionPct,
  quantile,
  recallPct,
  type Score,
  scoreOf,
  together,
} from './attribution/score.ts'
import { tuned } from './attribution/tune.ts'
import { makeWorld, USUAL, type World, type WorldShape } from './attribution/world.ts'
import { rateLowerBound } from './detection/clopper-pearson.ts'
import type { BenchOptions, Report, Row } from './run.ts'

/** Nothing was ever looked at or tuned on seeds from here on. */
const FIRST_SEED = 5_000
/** The peer's threshold is tuned on these. */
const TUNING_SEED = 500

interface Form {
  readonly worlds: number
  readonly others: number
  readonly tuning: number
}

const SHORT: Form = { worlds: 2, others: 0, tuning: 2 }
const USUAL_FORM: Form = { worlds: 30, others: 10, tuning: 20 }
const FULL: Form = { worlds: 60, others: 30, tuning: 30 }

/** Worlds beside the usual one: without something, or harder in one way. */
const OTHERS: Readonly<Record<string, WorldShape>> = {
  'no restart blips': { ...USUAL, blips: 'none' },
  'blips never seen before': { ...USUAL, blips: 'unseen' },
  'shared rings': { ...USUAL, rings: 'shared' },
  'faint rates': { ...USUAL, rates: 'faint' },
  'crowded: 60 rollouts, 40 incidents, 3 × background': {
    ...USUAL,
    rollouts: 60,
    incidents: 40,
    background: 3,
  },
  'nobody bad': { ...USUAL, badShare: 0 },
}

/** Who is to blame among concurrent rollouts: precision, recall and hours, beside Gandalf in the same worlds. */
export const attribution = {
  says: 'whom attribution blames among 30 concurrent rollouts on 2,000 nodes over 72 hours, beside Gandalf',
  async run({ short, full, seed = FIRST_SEED, seeds, only }: BenchOptions): Promise<Report> {
    const form = full ? FULL : short ? SHORT : USUAL_FORM
    const threshold = tuned(
      Array.from(worlds(TUNING_SEED, form.tuning, USUAL), (world) => ({
        world: { bad: world.bad, placements: world.placements },
        votes: gandalfVotes(world),
      })),
    )
    const gandalf = (world: World) => accusedAt(gandalfVotes(world), threshold)
    const shapes = { usual: USUAL, ...(form.others > 0 ? OTHERS : {}) }
    const rows: Row[] = []
    const scores = new Map<string, Score>()
    for (const [says, shape] of Object.entries(shapes)) {
      if (only !== undefined && only.length > 0 && !only.includes(says)) continue
      const count = seeds ?? (says === 'usual' ? form.worlds : form.others)
      for (const [who, detector] of Object.entries({
        ours: withMask,
        'without mask': withoutMask,
        gandalf,
      })) {
        const name = `${says} · ${who}`
        const score = play(name, worlds(seed, count, shape), detector)
        scores.set(name, score)
        rows.push({ name, worlds: count, ...figuresOf(score) })
      }
    }
    return { rows, summary: { firstSeed: seed, threshold, ...summaryOf(scores) } }
  },
}

function withMask(world: World): readonly Accusation[] {
  return ours(world)
}

function withoutMask(world: World): readonly Accusation[] {
  return ours(world, { mask: false })
}

/** One world at a time: each is some megabytes. */
function* worlds(seed: number, count: number, shape: WorldShape): Generator<World> {
  for (let k = 0; k < count; k += 1) yield makeWorld(seed + k, shape)
}

function play(
  name: string,
  all: Iterable<World>,
  detector: (world: World) => readonly Accusation[],
): Score {
  const scores: Score[] = []
  for (const world of all) {
    scores.push(scoreOf(world, detector(world)))
    const { right, accused, found, bad, hours } = together(scores)
    const so = `${right}/${accused} right, ${found}/${bad} found, ${round(mean(hours))} h`
    process.stderr.write(`\r${name}: ${scores.length} worlds, ${so}   `)
  }
  process.stderr.write('\n')
  return together(scores)
}

function figuresOf(score: Score) {
  const { accused, right, bad, found, hours, updated } = score
  return {
    precisionPct: round(precisionPct(score)),
    precisionAtLeastPct: accused === 0 ? null : round(100 * rateLowerBound(right, accused)),
    right,
    accused,
    recallPct: round(recallPct(score)),
    recallAtLeastPct: bad === 0 ? null : round(100 * rateLowerBound(found, bad)),
    found,
    bad,
    meanHours: round(mean(hours)),
    p50Hours: round(quantile(hours, 0.5)),
    p95Hours: round(quantile(hours, 0.95)),
    updatedNodesP50: quantile(updated, 0.5),
  }
}

function summaryOf(scores: ReadonlyMap<string, Score>) {
  const figure = (name: string, of: (score: Score) => number) => {
    const score = scores.get(name)
    return score === undefined ? null : round(of(score))
  }
  return {
    precisionPct: figure('usual · ours', precisionPct),
    recallPct: figure('usual · ours', recallPct),
    meanHours: figure('usual · ours', hoursOf),
    gandalfPrecisionPct: figure('usual · gandalf', precisionPct),
    gandalfRecallPct: figure('usual · gandalf', recallPct),
    gandalfMeanHours: figure('usual · gandalf', hoursOf),
    withoutMaskPrecisionPct: figure('usual · without mask', precisionPct),
    withoutMaskRecallPct: figure('usual · without mask', recallPct),
    withoutMaskMeanHours: figure('usual · without mask', hoursOf),
  }
}

function hoursOf({ hours }: Score): number {
  return mean(hours)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
