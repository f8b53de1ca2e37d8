import type { Lane } from './chart.ts'
import { type Box, block, within, words } from './frame.ts'
import type { Scale } from './scale.ts'

/** The room that one lane takes below the plot. */
export const LANE_HEIGHT = 22

/** One lane: what state held when, on the plot's own x axis. */
export function drawLane({ name, spans }: Lane, x: Scale, box: Omit<Box, 'bottom'>): string {
  const bar = { ...box, bottom: box.top + LANE_HEIGHT - 8 }
  const blocks = spans.map(({ from, to, label, tone }) => {
    const [left, right] = [within(x.at(from), box), within(x.at(to), box)]
    // A state that held for less than a pixel is still a state.
    return block(
      { ...bar, left, right: Math.max(right, left + 1) },
      { tone, title: `${label}: ${x.say(from)} to ${x.say(to)}` },
    )
  })
  return words(name, { x: box.left - 8, y: box.top + 11 }, { anchor: 'end' }) + blocks.join('')
}
