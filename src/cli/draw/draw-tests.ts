import type { RolloutView, TestView } from '../../contract/rollout-view.ts'
import type { Ink } from './ink.ts'
import { fit } from './numbers.ts'

const ROUNDS: Readonly<Record<TestView['round'], string>> = {
  before: '',
  exposed: ' with users',
  baked: ' after the bake',
}

/** One line per test of the group that is opened or watched, or that failed; with what it left behind. */
export function drawTests(view: RolloutView, ink: Ink, columns: number): readonly string[] {
  const shown = view.groups.findLast(({ state }) =>
    ['opening', 'baking', 'stopped'].includes(state),
  )
  const tests = view.tests.filter(({ group }) => group === shown?.name)
  if (tests.length === 0) return []
  return [
    'Tests:',
    ...tests.flatMap(({ name, round, verdict, because, artefacts }) => {
      const line = fit(`${name}${ROUNDS[round]}: ${because}`, columns - 4)
      if (verdict === 'pass') return [`  ${ink.green('✔')} ${line}`]
      const mark = verdict === 'fail' ? ink.red('✖') : ink.yellow('?')
      return [`  ${mark} ${line}`, ...artefacts.map((path) => ink.dim(`      ${path}`))]
    }),
  ]
}
