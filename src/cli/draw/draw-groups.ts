import type { LiveView } from '../../contract/live-view.ts'
import type { GroupView, RolloutView } from '../../contract/rollout-view.ts'
import { sayDuration } from '../../core/kernel/instant.ts'
import { BUCKETS, sayShare } from '../../core/words/exposure-share.ts'
import { bar } from './bar.ts'
import type { Ink } from './ink.ts'
import { countOf } from './numbers.ts'
import { verdictMark } from './verdict-mark.ts'

const BAR_WIDTH = 20

/** One line per group: how much of its share is reached now, what it came to, and how long it still has to be watched. */
export function drawGroups(
  view: RolloutView,
  live: LiveView | null,
  ink: Ink,
  now: number,
): readonly string[] {
  const nameWidth = Math.max(...view.groups.map(({ name }) => name.length))
  return view.groups.map((group) => {
    const isNow = group.state === 'opening' || group.state === 'baking'
    const verdict = isNow ? (live?.verdict ?? group.verdict) : group.verdict
    const reached = wasOpened(group) ? Math.min(group.share, view.exposure.share) : 0
    const share = bar(reached / BUCKETS, BAR_WIDTH)
    const exposed = Math.max(group.exposed, verdict?.exposed ?? 0)
    const parts = [
      mark(group, ink),
      group.name.padEnd(nameWidth),
      sayShare(group.share).padStart(7),
      reached > 0 ? ink.cyan(share) : ink.dim(share),
      ...(exposed > 0 ? [countOf(exposed, 'request')] : []),
      ...(verdict === null ? [] : [verdictMark(verdict.kind, ink)]),
      ink.dim(remark(group, now)),
    ]
    return `  ${parts.filter((part) => part !== '').join('  ')}`.trimEnd()
  })
}

/** Whether users may have got the candidate by this group; what is ahead reaches nobody. */
function wasOpened({ state }: GroupView): boolean {
  return state !== 'ahead' && state !== 'skipped' && state !== 'waiting'
}

function mark(group: GroupView, ink: Ink): string {
  switch (group.state) {
    case 'passed':
      return ink.green('✔')
    case 'opening':
    case 'baking':
      return ink.cyan('▸')
    case 'stopped':
      return ink.red('✖')
    case 'waiting':
      return ink.yellow('◌')
    case 'ahead':
    case 'skipped':
      return ink.dim('·')
  }
}

function remark(group: GroupView, now: number): string {
  switch (group.state) {
    case 'baking': {
      if (group.healthySince === null) return 'not seen healthy yet'
      const well = Math.min(group.bakeMs, Math.max(0, now - group.healthySince))
      return `healthy for ${sayDuration(well)} of ${sayDuration(group.bakeMs)}`
    }
    case 'opening':
      return 'opening'
    case 'stopped':
      return 'stopped'
    case 'skipped':
      return 'skipped'
    case 'waiting':
      return group.manual ? 'waits for promote' : 'next'
    case 'ahead':
      return group.manual ? 'opened by hand' : ''
    case 'passed':
      return ''
  }
}
