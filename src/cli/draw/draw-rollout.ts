import type { LiveView } from '../../contract/live-view.ts'
import type { Phase, RolloutView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { drawApprovals, drawDecision } from './draw-decision.ts'
import { drawEvidence, evidenceNow } from './draw-evidence.ts'
import { drawGroups } from './draw-groups.ts'
import { drawHealth } from './draw-health.ts'
import { drawSignals } from './draw-signals.ts'
import { drawStacks } from './draw-stacks.ts'
import { drawDoing, drawMitigation, drawStep } from './draw-steps.ts'
import { drawTests } from './draw-tests.ts'
import { drawTold } from './draw-told.ts'
import type { Ink } from './ink.ts'
import { fit } from './numbers.ts'

/** A narrower terminal wraps; a picture that is redrawn must not. */
const WIDTH_MIN = 60

export interface Drawing {
  readonly view: RolloutView
  readonly live: LiveView | null
  readonly ink: Ink
  /** Epoch milliseconds. */
  readonly now: number
  /** Columns; sentences are cut to it. Absent: nothing is cut. */
  readonly width?: number
}

/**
 * The whole picture of a rollout: where it stands and why, who gets what, the evidence, the
 * decision and whose yes it needs, the way out as it is carried out, and who was told.
 */
export function drawRollout({ view, live, ink, now, width }: Drawing): readonly string[] {
  const columns = width === undefined ? Number.POSITIVE_INFINITY : Math.max(width, WIDTH_MIN)
  const evidence = evidenceNow(view, live)
  const paragraphs: readonly (readonly string[])[] = [
    [drawTitle(view, ink, now), fit(view.because, columns)],
    drawGroups(view, live, ink, now),
    view.step === null
      ? []
      : [drawStep(view.step, ink), ...drawDoing(view.step, live, ink, columns)],
    drawTests(view, ink, columns),
    live === null || view.outcome !== null
      ? []
      : [...drawStacks(view, live, ink), ...drawForesight(live, ink, columns)],
    evidence === null
      ? []
      : titled('Evidence against the candidate:', drawEvidence(evidence, ink, columns)),
    drawSignals(view, ink, now),
    titled('Health:', drawHealth(view.health, ink, now, columns)),
    view.failing === null
      ? []
      : [`${ink.red('Failed:')} ${fit(view.failing.because, columns - 8)}`],
    view.decision === null ? [] : drawDecision(view.decision, ink),
    drawApprovals(view, ink, now),
    view.mitigation === null ? [] : drawMitigation(view.mitigation, ink),
    drawTold(view, ink),
  ]
  return paragraphs
    .filter((lines) => lines.length > 0)
    .flatMap((lines, place) => (place === 0 ? lines : ['', ...lines]))
}

/** What the group can tell at this traffic, so that nobody waits for what cannot be seen. */
function drawForesight({ foresight }: LiveView, ink: Ink, columns: number): readonly string[] {
  return foresight == null ? [] : [ink.dim(fit(`  ${foresight}`, columns))]
}

/** The first line: what, which, where it stands and for how long it has been going on. */
export function drawTitle(view: RolloutView, ink: Ink, now: number): string {
  const { times, workload, release, id, phase } = view
  const took = sayDuration(Math.max(0, (times.endedAt ?? now) - times.startedAt))
  return `${ink.bold(`${workload} ${release}`)}  ${ink.dim(id)}  ${phaseMark(phase, ink)}  ${ink.dim(took)}`
}

/** A phase as a coloured word. */
export function phaseMark(phase: Phase, ink: Ink): string {
  switch (phase) {
    case 'completed':
      return ink.green('completed')
    case 'mitigated':
      return ink.green('mitigated')
    case 'asking':
    case 'paused':
    case 'held':
    case 'bypassed':
      return ink.yellow(phase)
    case 'not-mitigated':
      return ink.red('not mitigated')
    case 'superseded':
      return ink.red('superseded')
    case 'mitigating':
      return ink.magenta('mitigating')
    case 'preparing':
    case 'waiting':
    case 'opening':
    case 'baking':
      return ink.cyan(phase)
  }
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}
