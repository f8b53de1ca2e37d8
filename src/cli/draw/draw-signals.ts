import type { RolloutView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import type { Ink } from './ink.ts'

/** What was heard from outside: one line each, with what it does. */
export function drawSignals(view: RolloutView, ink: Ink, now: number): readonly string[] {
  const silent = view.sources.filter(({ isHeard }) => !isHeard)
  if (view.signals.length === 0 && silent.length === 0) return []
  return [
    'Heard from outside:',
    ...silent.map(({ because }) => `  ${ink.yellow('silent')}  ${because}`),
    ...view.signals.map((signal) => drawSignal(signal, ink, now)),
  ]
}

function drawSignal(
  { name, source, severity, effect, status, startsAt }: RolloutView['signals'][number],
  ink: Ink,
  now: number,
): string {
  const what = `${name} (${severity}, ${source})`
  if (status === 'resolved') return ink.dim(`  over    ${what}`)
  const since = sayDuration(Math.max(0, now - startsAt))
  switch (effect) {
    case 'halt':
      return `  ${ink.red('halts')}   ${what} for ${since}`
    case 'hold':
      return `  ${ink.yellow('holds')}   ${what} for ${since}`
    case 'record':
      return ink.dim(`  fires   ${what} for ${since}, not held against the rollout`)
  }
}
