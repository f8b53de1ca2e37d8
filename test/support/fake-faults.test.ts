import { describe, expect, it } from 'vitest'
import { failure } from '../../src/core/kernel/failure.ts'
import { fakeClock } from './fake-clock.ts'
import { openFaults } from './fake-faults.ts'

const never = new AbortController().signal

describe('the weather of a fake', () => {
  it('is fair until told otherwise', async () => {
    const faults = openFaults(fakeClock())
    expect(await faults.carryOut(never, () => undefined)).toEqual({ ok: true, value: null })
    expect(faults.acted()).toBe(1)
  })

  it('fails without acting', async () => {
    const faults = openFaults(fakeClock())
    const problem = failure('refused', 'never', 'told to')
    faults.next.push({ kind: 'fail', failure: problem })
    expect(await faults.carryOut(never, () => undefined)).toEqual({ ok: false, problem })
    expect(faults.acted()).toBe(0)
  })

  it.each([
    ['time-out', 0],
    ['time-out-after-acting', 1],
  ] as const)('answers %s in the same words, having acted %d times', async (kind, acted) => {
    const clock = fakeClock()
    const faults = openFaults(clock)
    faults.next.push({ kind })
    const answer = faults.carryOut(never, () => undefined)
    await clock.advance(faults.timeOutMs)
    expect(await answer).toMatchObject({ problem: { reason: 'timed-out', retry: 'after-looking' } })
    expect(faults.acted()).toBe(acted)
  })

  it('acts twice and answers once', async () => {
    const faults = openFaults(fakeClock())
    faults.next.push({ kind: 'act-twice' })
    expect(await faults.carryOut(never, () => undefined)).toMatchObject({ ok: true })
    expect(faults.acted()).toBe(2)
  })

  it('shows an effect after its lag, and waits by the clock it was given', async () => {
    const clock = fakeClock()
    const faults = openFaults(clock)
    faults.lagMs = 500
    faults.answerMs = 200
    let visibleAt = 0
    let answered = false
    void faults
      .carryOut(never, (at) => {
        visibleAt = at
      })
      .then(() => {
        answered = true
      })
    await clock.advance(199)
    expect(answered).toBe(false)
    await clock.advance(1)
    expect(answered).toBe(true)
    expect(visibleAt).toBe(clock.now() + 300)
    expect(clock.nextWake()).toBeNull()
  })
})
