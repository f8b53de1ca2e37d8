import { expect, test } from 'vitest'
import { exposedRollout } from '../../test/support/emergencies.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { fakeRouter } from '../../test/support/fake-router.ts'
import { sampleStrategy } from '../../test/support/strategies.ts'
import type { JournalEntry } from '../core/backtest/journal.ts'
import { JournalWriter, readJournal } from '../core/backtest/journal-lines.ts'
import { relive } from '../core/backtest/relive.ts'
import { failure } from '../core/kernel/failure.ts'
import { SECOND } from '../core/kernel/instant.ts'
import { no, yes } from '../core/kernel/result.ts'
import { candidateStack, controlStack } from '../core/rollout/state.ts'
import type { EngineContext } from './context.ts'
import { batchTelemetry } from './telemetry-batch.ts'
import { Watcher } from './watcher.ts'

const ROLLOUT = exposedRollout(sampleStrategy())
/** The candidate turns bad after this many rounds of traffic, a fifth of a second each. */
const BAD_AFTER = 300

test('a watched rollout is recorded so that it gives the same verdicts at the same looks again', async () => {
  const clock = fakeClock()
  const router = fakeRouter(clock, [controlStack(ROLLOUT), candidateStack(ROLLOUT)])
  const notes: JournalEntry[] = []
  const verdicts: (readonly [number, string])[] = []
  const watcher = new Watcher(contextOf(router), ROLLOUT.id)
  const ended = new AbortController()
  const watching = watcher.watch(
    ROLLOUT,
    { watch: 'group/0', index: 0, judges: true },
    async ({ verdict }) => {
      const before = verdicts.at(-1)
      if (before?.[1] !== verdict.kind) verdicts.push([clock.now(), verdict.kind])
    },
    () => ROLLOUT,
    ended.signal,
  )
  const plan = { control: controlStack(ROLLOUT), candidate: candidateStack(ROLLOUT), cohort: [] }
  const ask = { effectId: 'a', signal: ended.signal }
  await router.route(
    { ...plan, buckets: ROLLOUT.strategy.exposure.groups[0]?.share ?? 0, salt: 's' },
    ask,
  )
  for (let round = 0; round < BAD_AFTER + 150; round += 1) {
    for (let i = 0; i < 40; i += 1) {
      const exchange = router.begin({ subject: `user ${round * 40 + i}` })
      const bad = exchange?.stack === candidateStack(ROLLOUT) && round > BAD_AFTER
      exchange?.end(bad && i % 2 === 0 ? 500 : 200, 20 + ((round * 7 + i) % 30))
    }
    await clock.advance(SECOND / 5)
  }
  ended.abort()
  await clock.advance(SECOND)
  await watching

  expect(verdicts.map(([, kind]) => kind)).toEqual(expect.arrayContaining(['pass', 'fail']))
  const writer = new JournalWriter()
  const head = { rollout: ROLLOUT.id, workload: ROLLOUT.workload, release: ROLLOUT.release }
  const lines = [writer.head(head), ...notes.map((note) => writer.line(note))].join('\n')
  const journal = readJournal(lines, 'r.jsonl')
  const relived = journal.ok ? relive(journal.value) : []
  const judged = notes.filter((note) => note.kind === 'judged')
  expect(relived.map(({ at, is }) => [at, is])).toEqual(judged.map((one) => [one.at, one.verdict]))
  const firstFail = relived.find(({ is }) => is === 'fail')
  expect(firstFail?.at).toBe(verdicts.find(([, kind]) => kind === 'fail')?.[0])

  function contextOf(one: typeof router): EngineContext {
    const none = async () => no(failure('misconfigured', 'never', 'there is none here'))
    const drivers = { router: async () => yes(one), source: none }
    const store = { loadCheckpoint: async () => null, saveCheckpoint: async () => undefined }
    const recorder = {
      note: (_: unknown, entry: JournalEntry) => notes.push(entry),
      close: async () => undefined,
    }
    const limits = { leaseMs: 1_000, rolloutsMax: 1 }
    const parts = { drivers, store, clock, recorder, limits, telemetry: batchTelemetry(clock) }
    return parts as unknown as EngineContext
  }
})
