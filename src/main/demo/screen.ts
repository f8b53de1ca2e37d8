import { createLogUpdate } from 'log-update'
import { drawRollout } from '../../cli/draw/draw-rollout.ts'
import { drawTimeline } from '../../cli/draw/draw-timeline.ts'
import { ink, wantsColour } from '../../cli/draw/ink.ts'
import type { Io, Out } from '../../cli/io.ts'
import type { LiveView } from '../../contract/live-view.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import type { TimelineEntry } from '../../contract/timeline-view.ts'
import type { Load } from './load.ts'

/** Durations change once a second; twice as often is smooth enough. */
const REDRAW_EVERY_MS = 500

/** Where the demo shows what happens: a picture in a terminal, lines elsewhere. */
export interface Screen {
  readonly say: (text: string) => void
  readonly rollout: (view: RolloutView) => void
  readonly live: (live: LiveView) => void
  readonly timeline: (entries: readonly TimelineEntry[]) => void
  /** Takes the picture away, so that a question can be asked. */
  readonly rest: () => void
  readonly goOn: () => void
  /** Leaves the last picture standing. */
  readonly end: () => void
}

export function openScreen(io: Io, out: Out, isPicture: boolean, load: () => Load | null): Screen {
  const colours = ink(wantsColour(io.env, out.isTTY === true))
  const update = createLogUpdate(out)
  let view: RolloutView | null = null
  let live: LiveView | null = null
  let isResting = !isPicture
  const draw = () => {
    if (isResting || view === null) return
    const picture = drawRollout({
      view,
      live,
      ink: colours,
      now: io.clock.now(),
      width: out.columns ?? 80,
    })
    update([...picture, sayLoad(load())].join('\n'))
  }
  const timer = isPicture ? setInterval(draw, REDRAW_EVERY_MS) : null
  return {
    say(text) {
      if (isPicture) update.clear()
      out.write(`${text}\n`)
    },
    rollout(next) {
      view = next
      draw()
    },
    live(next) {
      live = next
    },
    timeline(entries) {
      if (isPicture) return
      for (const line of drawTimeline(entries, colours)) out.write(`${line}\n`)
    },
    rest() {
      draw()
      isResting = true
      update.done()
    },
    goOn() {
      isResting = !isPicture
    },
    end() {
      if (timer !== null) clearInterval(timer)
      draw()
      isResting = true
      update.done()
    },
  }
}

function sayLoad(load: Load | null): string {
  return load === null ? '' : `Users: ${load.total()} requests served, ${load.failed()} lost.`
}
