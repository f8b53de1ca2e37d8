import { httpExchange } from '../support/http-exchange.ts'

/** A ready instance answers its own machine at once; one that takes longer is not ready. */
const PROBE_TIMEOUT_MS = 2_000

/** The answer's status is all that counts. */
const BODY_BYTES_MAX = 1_024

/** Where an instance on this machine is reached. */
export function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** Null when the instance is ready (2xx or 3xx); otherwise what came instead, for people. */
export async function healthProblem(
  port: number,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const outcome = await httpExchange(new URL(`${endpointOf(port)}${path}`), {
    method: 'GET',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
    bodyBytesMax: BODY_BYTES_MAX,
  })
  switch (outcome.kind) {
    case 'answered':
      return outcome.status >= 200 && outcome.status < 400 ? null : `answers ${outcome.status}`
    case 'no-connection':
    case 'broken':
      return `does not answer (${outcome.code})`
    case 'aborted':
      return `did not answer within ${PROBE_TIMEOUT_MS} ms`
  }
}
