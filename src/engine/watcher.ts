import type { Wants } from '../core/course/wants.ts'
import type { Instant } from '../core/kernel/instant.ts'
import type { Experience } from '../core/mitigate/recovery.ts'
import { unexposedVerdict } from '../core/rollout/gate.ts'
import { heeded } from '../core/rollout/heed.ts'
import { groupAt, type Rollout } from '../core/rollout/state.ts'
import type { EntityHealth } from '../core/words/health.ts'
import type { Verdict } from '../core/words/verdict.ts'
import type { EngineContext } from './context.ts'
import type { Live } from './control.ts'
import { healthNow } from './look-at-health.ts'
import {
  beginMeasuring,
  headOf,
  judgeNow,
  kindNow,
  type Measuring,
  measureOnce,
  remembered,
  resumeMeasuring,
  taughtBy,
} from './measure.ts'
import { keepLessons, recallLessons } from './teach.ts'
import { controlSoFar, liveOf, NO_TRAFFIC, type Traffic, tookSample } from './traffic.ts'

/** A lost checkpoint costs this much evidence at most; writing more often would only wear the disk. */
const CHECKPOINT_EVERY_MS = 10_000

/** Intervals and sentences are worked out afresh this often; people read no faster, and a change of kind never waits. */
const DETAIL_EVERY_MS = 1_000

type Judged = (look: {
  readonly verdict: Verdict
  readonly routes: readonly string[]
  readonly health?: readonly EntityHealth[]
}) => Promise<void>
type Measure = NonNullable<Wants['measure']>

/** Watches the traffic and the evidence of one rollout. All that it remembers may be lost; that only delays. */
export class Watcher {
  readonly #context: EngineContext
  readonly #checkpoint: string
  #measuring: Measuring | null = null
  #traffic: Traffic = NO_TRAFFIC
  #verdict: Verdict | null = null
  #savedAt: Instant = 0
  #detailedAt: Instant = 0

  constructor(context: EngineContext, id: string) {
    this.#context = context
    this.#checkpoint = `watch/${id}`
  }

  /**
   * Looks at the evidence again and again, from now until it is told to end. A watch that is ended
   * in the middle of a look leaves nothing behind: its successor may have begun already.
   */
  async watch(
    rollout: Rollout,
    measure: Measure,
    judged: Judged,
    /** The rollout as it is by now: what was heard from outside meanwhile counts too. */
    current: () => Rollout,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#context
    const { every } = rollout.strategy.detection
    let measuring = await this.#begin(rollout, measure)
    // Looks keep to a grid of their own, so that a slow one does not push the others back.
    let next = clock.now()
    while (!signal.aborted) {
      measuring = await measureOnce(measuring, rollout, this.#context, signal)
      if (signal.aborted) return
      this.#measuring = measuring
      this.#traffic = tookSample(this.#traffic, measuring.traffic)
      if (measure.judges) {
        measuring = await this.#judge(measuring, current(), measure.index, judged)
        this.#measuring = measuring
      }
      next = Math.max(next + every, clock.now())
      await clock.until(next, signal)
    }
  }

  /** The picture that people watch. */
  live(rollout: Rollout): Live | null {
    const verdict = this.#verdict
    // A halt stands, whatever is heard afterwards.
    if (verdict === null || rollout.stage.at === 'halted')
      return liveOf(this.#traffic, rollout, verdict)
    return liveOf(this.#traffic, rollout, heeded(rollout, verdict))
  }

  /** What the old stack gave its users so far. */
  controlSoFar(rollout: Rollout): Experience {
    return controlSoFar(this.#traffic, rollout)
  }

  /** Keeps what this rollout taught about healthy releases; only for one that ended well. */
  async teach(rollout: Rollout): Promise<void> {
    const { store } = this.#context
    const last = this.#measuring ?? remembered(await store.loadCheckpoint(this.#checkpoint))
    if (last === null) return
    await keepLessons(store, rollout.workload, rollout.id, taughtBy(last))
  }

  async #begin(rollout: Rollout, { watch, index }: Measure): Promise<Measuring> {
    const before = this.#measuring
    if (before?.watch === watch) return before
    const { store, clock, recorder } = this.#context
    const saved = before === null ? await store.loadCheckpoint(this.#checkpoint) : null
    const learnt = before?.learnt ?? (await recallLessons(store, rollout.workload))
    const begun =
      resumeMeasuring(saved, watch) ??
      beginMeasuring(rollout, watch, index, before, learnt, clock.now())
    this.#measuring = begun
    this.#verdict = null
    const { group, state } = begun
    recorder?.note(headOf(rollout), { kind: 'opened', at: clock.now(), group, state })
    return begun
  }

  async #judge(
    measuring: Measuring,
    rollout: Rollout,
    index: number,
    judged: Judged,
  ): Promise<Measuring> {
    const now = this.#context.clock.now()
    const group = groupAt(rollout, index)
    if (group.share === 0) {
      this.#verdict = unexposedVerdict(group)
      await judged({ verdict: this.#verdict, routes: [] })
      return measuring
    }
    const { verdict, routes } = this.#look(measuring, now)
    const { recorder } = this.#context
    recorder?.note(headOf(rollout), { kind: 'judged', at: now, verdict: verdict.kind })
    const { watch, entities } = healthNow(measuring, rollout, index, verdict, now)
    this.#verdict = verdict
    await judged({ verdict, routes, health: entities })
    const judgedOnce = { ...measuring, health: watch }
    await this.#save(judgedOnce)
    return judgedOnce
  }

  /** Says the last verdict again while nothing but its numbers would change, and only for a moment. */
  #look(measuring: Measuring, now: Instant): ReturnType<typeof judgeNow> {
    const last = this.#verdict
    const isRecent = now - this.#detailedAt < DETAIL_EVERY_MS
    if (
      last !== null &&
      last.kind !== 'fail' &&
      isRecent &&
      kindNow(measuring, now) === last.kind
    ) {
      return { verdict: last, routes: [] }
    }
    this.#detailedAt = now
    return judgeNow(measuring, now)
  }

  async #save(measuring: Measuring): Promise<void> {
    const now = this.#context.clock.now()
    if (now - this.#savedAt < CHECKPOINT_EVERY_MS) return
    this.#savedAt = now
    await this.#context.store.saveCheckpoint(this.#checkpoint, measuring)
  }
}
