import { partly, slower, USUAL_LATENCY } from './latency-shape.ts'
import { calm, type Fault, type World } from './world.ts'

/** Releases that fail more requests, from their first one on. */
export const ERROR_WORLDS: readonly World[] = [
  errors('.1→.2', 0.001, 0.002),
  errors('.1→.5', 0.001, 0.005),
  errors('.1→1', 0.001, 0.01),
  errors('.1→5', 0.001, 0.05),
  errors('.1→50', 0.001, 0.5),
  errors('1→1.5', 0.01, 0.015),
  errors('1→2', 0.01, 0.02),
  errors('1→5', 0.01, 0.05),
]

/** Releases that are well at first. */
export const LATE_WORLDS: readonly World[] = [
  errors('.1→1 @20m', 0.001, 0.01, 20 * 60),
  errors('.1→5 @40m', 0.001, 0.05, 40 * 60),
]

/** Releases that fail no more requests, and are slower. */
export const LATENCY_WORLDS: readonly World[] = [
  latency('×1.05', { latency: slower(USUAL_LATENCY, 1.05) }),
  latency('×1.1', { latency: slower(USUAL_LATENCY, 1.1) }),
  latency('×1.25', { latency: slower(USUAL_LATENCY, 1.25) }),
  latency('×2', { latency: slower(USUAL_LATENCY, 2) }),
  latency('tail 1→2', { latency: tail(0.02) }),
  latency('tail 1→5', { latency: tail(0.05) }),
  latency('.5 % take 5 s', {
    latency: partly(USUAL_LATENCY, 0.005, [{ share: 1, medianMs: 5000, sigma: 0.02 }]),
  }),
  latency('a fifth ×3', { latency: partly(USUAL_LATENCY, 0.2, slower(USUAL_LATENCY, 3)) }),
]

function errors(name: string, from: number, to: number, fromSeconds = 0): World {
  const says = `errors of ${from * 100} % become ${to * 100} %`
  return { ...calm(name, says, from), fault: { fromSeconds, errors: to } }
}

function latency(name: string, fault: Pick<Fault, 'latency'>): World {
  return { ...calm(name, `latency: ${name}`, 0.001), fault: { fromSeconds: 0, ...fault } }
}

function tail(share: number) {
  return USUAL_LATENCY.map((part, k) => ({ ...part, share: k === 0 ? 1 - share : share }))
}
