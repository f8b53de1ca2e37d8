import { fakeClock } from '../support/fake-clock.ts'
import { fakePlatform } from '../support/fake-platform.ts'
import { platformContract } from './platform.ts'

const STEP_MS = 100
const STEPS_MAX = 100

platformContract('the fake platform, slow as real ones', async () => {
  const clock = fakeClock()
  const platform = fakePlatform(clock)
  platform.startMs = 700
  platform.stopMs = 300
  platform.faults.lagMs = 50
  return {
    platform,
    felt: async () => platform.starts(),
    async eventually(look) {
      for (let steps = 0; steps < STEPS_MAX; steps += 1) {
        if (await look()) return
        await clock.advance(STEP_MS)
      }
      throw new Error('it never came true')
    },
    close: () => platform.close(),
  }
})
