import type { LiveView } from '../../contract/live-view.ts'
import type { MitigationView, StepView } from '../../contract/rollout-view.ts'
import type { Ink } from './ink.ts'
import { fit } from './numbers.ts'

/** How far the way out that was decided has come, step by step: asked for, then seen. */
export function drawMitigation(mitigation: MitigationView, ink: Ink): readonly string[] {
  const { choose, state, because, authority, steps } = mitigation
  const words = {
    'under-way': ink.cyan('is under way'),
    'in-effect': ink.green('is in effect'),
    'did-not-help': ink.red('did not help'),
    expired: ink.yellow('ran out'),
  }
  return [
    `${ink.bold(`Mitigation: ${choose}`)} ${words[state]} ${ink.dim(`(${authority})`)}`,
    ...steps.map((step) => drawStep(step, ink)),
    ...(because === null ? [] : [`  ${because}`]),
  ]
}

/** One step of a plan. Only the tick means that it was seen. */
export function drawStep(step: StepView, ink: Ink): string {
  const times = step.attempt > 1 ? ` (try ${step.attempt} of ${step.attemptsMax})` : ''
  const why = step.because === null ? '' : `: ${step.because}`
  switch (step.state) {
    case 'seen':
      return `  ${ink.green('✔')} ${step.says}`
    case 'under-way':
      return `  ${ink.cyan('▸')} ${step.says}${times}`
    case 'retrying':
      return `  ${ink.yellow('↻')} ${step.says}${times}${why}`
    case 'failed':
      return `  ${ink.red('✖')} ${step.says}${times}${why}`
    case 'ahead':
      return ink.dim(`  · ${step.says}`)
  }
}

/** What was last seen of the step that is under way; nothing when it has just begun. */
export function drawDoing(
  step: StepView,
  live: LiveView | null,
  ink: Ink,
  columns: number,
): readonly string[] {
  const doing = live?.doing ?? null
  if (doing === null || doing.step !== step.id || step.state !== 'under-way') return []
  return [ink.dim(fit(`    ${doing.seen}`, columns))]
}
