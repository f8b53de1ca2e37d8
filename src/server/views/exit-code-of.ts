import type { ExitCode } from '../../contract/rollout-view.ts'
import type { Course } from '../../core/course/course.ts'
import { phaseOf } from '../../core/course/summary.ts'

/**
 * How a program that watches this rollout ends: 0 done and healthy, 10 failed and mitigated, 11
 * failed and not mitigated, 12 waiting for a person; null while it goes on by itself.
 */
export function exitCodeOf(course: Course): ExitCode | null {
  const { rollout, response } = course
  switch (phaseOf(course)) {
    case 'completed':
      // It went on with the faulty part switched off: that is mitigated, not healthy.
      return response?.stage.at === 'in-effect' ? 10 : 0
    case 'mitigated':
      return 10
    case 'not-mitigated':
    case 'superseded':
      return 11
    case 'asking':
    case 'held':
    case 'bypassed':
    case 'paused':
      return 12
    case 'waiting':
      return rollout?.stage.at === 'waiting' && rollout.stage.for === 'promote' ? 12 : null
    case 'unknown':
    case 'preparing':
    case 'opening':
    case 'baking':
    case 'mitigating':
      return null
  }
}
