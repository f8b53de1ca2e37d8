import { describe, expect, test } from 'vitest'
import {
  BYPASS,
  FAILING,
  FALLBACK,
  HOLD,
  LiveRollout,
  REHEARSED,
  STAKEHOLDER,
  WELL,
} from '../../../test/support/live-rollout.ts'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { measuresOf } from './measures.ts'

const recorded = (ms: number) => ({ state: 'recorded', ms })
const PENDING = { state: 'pending' }
const NONE = { state: 'not-applicable' }

describe('how long it took', () => {
  test('is counted from the halt, and detection from the share being seen', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup(40 * SECOND)
    const halted = live.now
    live
      .wait(30 * SECOND)
      .deliver()
      .wait(5 * MINUTE)
      .approve()
      .seeSteps()
    const { moments, intervals } = measuresOf(live.history)
    expect(intervals).toEqual({
      startToHalt: recorded(55 * SECOND),
      detection: recorded(40 * SECOND),
      haltToDecision: recorded(0),
      waitedForApproval: recorded(5 * MINUTE + 30 * SECOND),
      haltToMitigated: recorded(5 * MINUTE + 45 * SECOND),
      haltToTold: recorded(30 * SECOND),
    })
    expect(moments).toMatchObject({ halted, approved: halted + 5 * MINUTE + 30 * SECOND })
    expect(moments.ended).toBe(moments.mitigated)
  })

  test('is not known yet while it goes on, and never zero instead', () => {
    const live = new LiveRollout({ tree: [FALLBACK, HOLD] }).failGroup()
    expect(measuresOf(live.history).intervals).toMatchObject({
      waitedForApproval: PENDING,
      haltToMitigated: PENDING,
      haltToTold: PENDING,
    })
  })

  test('does not apply where nothing halted, nobody was asked or nobody was exposed', () => {
    const well = new LiveRollout().passGroup().passGroup().passGroup()
    expect(Object.values(measuresOf(well.history).intervals)).toEqual([
      NONE,
      NONE,
      NONE,
      NONE,
      NONE,
      NONE,
    ])
    const alone = new LiveRollout({ credits: [REHEARSED], tree: [{ ...FALLBACK, approvals: [] }] })
    alone.failGroup().seeSteps()
    expect(measuresOf(alone.history).intervals.waitedForApproval).toEqual(NONE)
    const smoke = { name: 'pay', http: { path: '/pay' }, attempts: 1 }
    const stopped = new LiveRollout({ smoke: [smoke], tree: [HOLD] }).seeSteps(4).failStep()
    expect(measuresOf(stopped.history).intervals.detection).toEqual(NONE)
  })

  test('has no wait for approval where everything only waits for a person to decide', () => {
    const hold = { ...HOLD, approvals: [{ role: 'on-call' }] }
    const live = new LiveRollout({ tree: [hold] }).failGroup().wait(MINUTE)
    expect(measuresOf(live.history).intervals.waitedForApproval).toEqual(NONE)
  })

  test('adds up all the waiting for approvals, also for what was rejected', () => {
    const live = new LiveRollout({ tree: [BYPASS, FALLBACK, HOLD] }).failGroup()
    live.wait(2 * MINUTE)
    live.tell({ type: 'reject', actor: STAKEHOLDER, because: 'no', now: live.now }).react()
    live
      .wait(3 * MINUTE)
      .approve()
      .seeSteps()
    expect(measuresOf(live.history).intervals.waitedForApproval).toEqual(recorded(5 * MINUTE))
  })
})

describe('what users went through', () => {
  test('is counted per group, from the last look at each', () => {
    const live = new LiveRollout().passGroup().failGroup()
    expect(measuresOf(live.history).groups).toEqual([
      { group: 'canary', share: 500, exposed: 2_000, failed: 1 },
      { group: 'half', share: 5_000, exposed: 412, failed: 34 },
    ])
  })

  test('is added up over a group that was resumed and judged anew', () => {
    const live = new LiveRollout({ tree: [HOLD] }).failGroup()
    live.tell({ type: 'resume', by: 'person:zoe.quill', because: 'noise', now: live.now })
    live.judge(FAILING)
    expect(measuresOf(live.history).groups).toEqual([
      { group: 'canary', share: 500, exposed: 824, failed: 68 },
    ])
  })

  test('is not counted twice when a pause came in between', () => {
    const live = new LiveRollout().seeSteps().judge(WELL)
    live.tell({ type: 'pause', by: 'person:zoe.quill', because: 'lunch', now: live.now })
    live.tell({ type: 'resume', by: 'person:zoe.quill', because: 'back', now: live.now })
    live
      .wait(10 * MINUTE)
      .judge(WELL)
      .wait(10 * MINUTE)
      .judge(WELL)
    expect(measuresOf(live.history).groups).toEqual([
      { group: 'canary', share: 500, exposed: 2_000, failed: 1 },
    ])
  })

  test('is not counted twice when a group fails while the next one is being opened', () => {
    const live = new LiveRollout().passGroup().wait(SECOND)
    live.judge({ ...FAILING, exposed: 2_412 })
    expect(live.course.failing?.group).toBe('canary')
    expect(measuresOf(live.history).groups).toEqual([
      { group: 'canary', share: 500, exposed: 2_412, failed: 34 },
    ])
  })

  test('counts failures once though several metrics see them, and slow answers not at all', () => {
    const evidence = FAILING.evidence.map((one) =>
      one.verdict === 'fail' ? one : { ...one, candidate: { n: 412, events: 30 } },
    )
    const live = new LiveRollout().seeSteps().judge({ ...FAILING, evidence })
    expect(measuresOf(live.history).groups[0]?.failed).toBe(34)
    for (const metric of live.strategy.detection.metrics) metric.kind = 'error-rate'
    expect(measuresOf(live.history).groups[0]?.failed).toBe(34)
    for (const metric of live.strategy.detection.metrics) metric.kind = 'latency'
    expect(measuresOf(live.history).groups[0]?.failed).toBe(null)
  })
})
