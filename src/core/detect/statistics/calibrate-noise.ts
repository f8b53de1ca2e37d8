import type { ArmNoise } from './hierarchical-binomial.ts'
import { noisyBinomial } from './noisy-binomial.ts'
import type { TwoArms } from './two-arms.ts'

/** The values tried. Below two hundredths nothing is gained: a difference that small is not seen within a bake. */
const HOSTS: readonly number[] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4]
const MOMENTS: readonly number[] = [0.02, 0.1, 0.2, 0.35, 0.5, 0.7]
/** What is believed where nobody measured it: a tenth, lasting, and a tenth, passing. */
export const USUAL_NOISE: ArmNoise = { hosts: 0.1, moments: 0.1 }
/** In nats per step on either scale: where the data cannot tell, the smaller noise is taken, which is seen in no bake either. */
const RELUCTANCE = 0.25
/** A bell that is flatter than this says nothing. */
const CURVATURE_MIN = 1e-6

const GRID: readonly ArmNoise[] = HOSTS.flatMap((hosts) =>
  MOMENTS.map((moments) => ({ hosts, moments })),
)

/**
 * How likely comparisons of healthy arms were under each noise that is tried, as log likelihoods. Comparisons are
 * independent, so that theirs add up and nothing else has to be kept.
 */
export type NoiseLikelihood = readonly number[]

export const NO_COMPARISONS: NoiseLikelihood = GRID.map(() => 0)

/**
 * The likelihood of one comparison of two healthy arms, by its windows of about a minute. For each
 * passing noise the windows' log likelihood is a bell in the lasting difference u; a parabola through three of
 * its points is integrated against u ~ N(0, hosts²) in closed form. Without failures nothing is learnt.
 */
export function noiseLikelihood(windows: readonly TwoArms[]): NoiseLikelihood {
  const compared = windows.filter(({ n1, x1, n0, x0 }) => n1 > 0 && n0 > 0 && x1 + x0 > 0)
  const x1 = compared.reduce((sum, window) => sum + window.x1, 0)
  const x0 = compared.reduce((sum, window) => sum + window.x0, 0)
  const expected = compared.reduce(
    (sum, { n1, n0, ...window }) => sum + ((window.x1 + window.x0) * n1) / (n1 + n0),
    0,
  )
  if (x1 + x0 === 0) return NO_COMPARISONS
  const centre = Math.log((x1 + 0.5) / (expected + 0.5))
  const step = 1 / Math.sqrt(x1 + 1)
  const bells = MOMENTS.map((moments) => {
    const at = (u: number) =>
      compared.reduce(
        (sum, window) =>
          sum + noisyBinomial(window.x1, window.x0, Math.log(window.n1 / window.n0) + u, moments),
        0,
      )
    return bellThrough(at(centre - step), at(centre), at(centre + step), centre, step)
  })
  return HOSTS.flatMap((hosts) => bells.map((bell) => integrated(bell, hosts)))
}

/** exp(height − (u − centre)²/(2·variance)) */
interface Bell {
  readonly height: number
  readonly centre: number
  readonly variance: number
}

function bellThrough(left: number, middle: number, right: number, at: number, step: number): Bell {
  const slope = (right - left) / (2 * step)
  const curvature = Math.max(CURVATURE_MIN, -(right - 2 * middle + left) / step ** 2)
  return {
    height: middle + slope ** 2 / (2 * curvature),
    centre: at + slope / curvature,
    variance: 1 / curvature,
  }
}

/** ln ∫ bell(u)·N(u; 0, hosts²) du */
function integrated({ height, centre, variance }: Bell, hosts: number): number {
  const all = variance + hosts ** 2
  return height + Math.log(variance / all) / 2 - centre ** 2 / (2 * all)
}

/**
 * How much healthy arms differ, from A/A comparisons: instances of one release against the rest of the
 * fleet, or candidates that turned out well against their controls. Answers the noise that makes
 * them likeliest (empirical Bayes), the smaller one in doubt; eight comparisons suffice.
 */
export function calibrateNoise(likelihood: NoiseLikelihood): ArmNoise {
  let best = USUAL_NOISE
  let bestLog = Number.NEGATIVE_INFINITY
  for (const [cell, noise] of GRID.entries()) {
    const log =
      (likelihood[cell] ?? 0) -
      RELUCTANCE * (HOSTS.indexOf(noise.hosts) + MOMENTS.indexOf(noise.moments))
    if (log > bestLog) [best, bestLog] = [noise, log]
  }
  return best
}
