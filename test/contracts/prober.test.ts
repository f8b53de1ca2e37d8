import { fakeClock } from '../support/fake-clock.ts'
import { fakeProber } from '../support/fake-prober.ts'
import { proberContract, SAMPLE_TARGET, smokeOf } from './prober.ts'

proberContract('the fake prober', async () => {
  const prober = fakeProber(fakeClock())
  return {
    prober,
    smoke: smokeOf({ http: { path: '/' } }),
    target: SAMPLE_TARGET,
    async makeWell(well) {
      prober.judge = () => well
    },
    felt: async () => prober.ran().length,
    close: async () => undefined,
  }
})
