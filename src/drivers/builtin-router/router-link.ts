import type { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { pause } from '../support/pause.ts'
import { checkProcess } from './check-process.ts'
import { type ControlAnswer, order } from './control-client.ts'
import { readProcessCard } from './control-protocol.ts'
import { type Start, startRouter } from './start-router.ts'

/** Another server's router may be on its way up; it is asked again this often. */
const LOOK_EVERY_MS = 50

/** So often, and then somebody holds the folder's lock without serving: two seconds. */
const LOOKS_MAX = 40

/** The way to one router process, which is started when it is not there. */
export interface RouterLink {
  readonly ask: <Shape extends z.ZodType>(
    path: '/state' | '/counts',
    shape: Shape,
    signal: AbortSignal,
  ) => Promise<Result<z.output<Shape>, DriverFailure>>
  readonly tell: (
    path: '/endpoints' | '/plan',
    body: unknown,
    signal: AbortSignal,
  ) => Promise<Result<null, DriverFailure>>
}

/** Opens the link; the process is looked for with the first question. */
export function openRouterLink(start: Start): RouterLink {
  const { name, folder } = start
  let starting: Promise<Result<null, DriverFailure>> | null = null
  /** The process that was last seen to be the one we want. */
  let checkedPid: number | null = null

  return {
    async ask(path, shape, signal) {
      const answered = await reach('GET', path, undefined, 'safe', signal)
      if (!answered.ok) return answered
      const read = shape.safeParse(answered.value.body)
      if (answered.value.status === 200 && read.success) return yes(read.data)
      return no(failure('unclear', 'safe', `the router '${name}' answered what we cannot read`))
    },
    async tell(path, body, signal) {
      const answered = await reach('PUT', path, body, 'after-looking', signal)
      if (!answered.ok) return answered
      const { status } = answered.value
      if (status === 200) return yes(null)
      const detail = `the router '${name}' did not obey: ${detailOf(answered.value.body)}`
      if (status === 409) return no(failure('refused', 'safe', detail))
      return no(failure('unclear', 'after-looking', detail))
    },
  }

  async function reach(
    method: 'GET' | 'PUT',
    path: string,
    body: unknown,
    retry: DriverFailure['retry'],
    signal: AbortSignal,
  ): Promise<Result<Extract<ControlAnswer, { kind: 'answered' }>, DriverFailure>> {
    for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
      const card = await readProcessCard(folder).catch(() => null)
      const checked =
        card === null || card.pid === checkedPid
          ? yes(card !== null)
          : await checkProcess(card, start, signal)
      if (!checked.ok) return checked
      if (card !== null && checked.value) {
        checkedPid = card.pid
        const answer = await order(card.socket, method, path, body, signal)
        if (answer.kind === 'answered') return yes(answer)
        if (answer.kind === 'unclear') {
          return no(failure('timed-out', retry, `the router '${name}': ${answer.why}`))
        }
      }
      // It is gone, or going. Orders name a state and no movement: giving one again is harmless.
      checkedPid = null
      const started = await startOnce(signal)
      if (!started.ok) return started
      if (looks > 0) await pause(LOOK_EVERY_MS, signal)
      if (signal.aborted) break
    }
    const what = `another process holds the router '${name}' in ${folder} and does not serve; look at ${folder}/router.log`
    return no(failure('unreachable', 'safe', what))
  }

  function startOnce(signal: AbortSignal): Promise<Result<null, DriverFailure>> {
    starting ??= startRouter(start, signal).finally(() => {
      starting = null
    })
    return starting
  }
}

function detailOf(body: unknown): string {
  const detail: unknown = Object(body).detail
  return typeof detail === 'string' ? detail : 'it did not say why'
}
