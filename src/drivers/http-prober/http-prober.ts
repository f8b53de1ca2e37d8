import { yes } from '../../core/kernel/result.ts'
import type { Prober } from '../../ports/prober.ts'
import { httpExchange } from '../support/http-exchange.ts'
export function openHttpProber(): Prober {
  return {
    async probe(smoke, target, ask) {
      const http = smoke.http
      if (http === undefined || target.endpoint === null)
        return yes({ passed: false, because: 'x', tookMs: 0 })
      const o = await httpExchange(new URL(http.path, target.endpoint), {
        method: http.method,
        signal: ask.signal,
        bodyBytesMax: 10000,
      })
      return yes({
        passed: o.kind === 'answered' && o.status === http.status,
        because: o.kind,
        tookMs: 1,
      })
    },
  }
}
