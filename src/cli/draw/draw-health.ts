import type { HealthView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import type { HealthState } from '../../core/words/health.ts'
import type { Ink } from './ink.ts'
import { fit } from './numbers.ts'

/** One line for all that is well, and one for each that is not, with the reason and how long it has been so. */
export function drawHealth(
  health: readonly HealthView[],
  ink: Ink,
  now: number,
  columns: number,
): readonly string[] {
  const well = health.filter(({ state }) => state === 'healthy')
  const others = health.filter(({ state }) => state !== 'healthy')
  const width = Math.max(0, ...others.map((one) => title(one).length))
  return [
    ...others.map((one) => {
      const says = `${sayDuration(Math.max(0, now - one.since))}: ${one.because}`
      const before = `  ${title(one).padEnd(width)}  `
      const room = columns - before.length - one.state.length - 2
      return `${before}${healthMark(one.state, ink)}  ${ink.dim(fit(says, room))}`
    }),
    ...(well.length === 0
      ? []
      : [`  ${healthMark('healthy', ink)}: ${well.map(title).join(', ')}`]),
  ]
}

function title({ kind, name }: HealthView): string {
  return `${kind} ${name}`
}

/** A state of health as one coloured word. */
function healthMark(state: HealthState, ink: Ink): string {
  switch (state) {
    case 'healthy':
      return ink.green(state)
    case 'degraded':
      return ink.yellow(state)
    case 'unhealthy':
      return ink.red(state)
    case 'unknown':
      return ink.magenta(state)
  }
}
