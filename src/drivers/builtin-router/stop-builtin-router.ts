import { resolve } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { codeOf } from '../support/durable-file.ts'
import { pause } from '../support/pause.ts'
import { isSameProcess } from '../support/process-identity.ts'
import { order } from './control-client.ts'
import { type ProcessCard, readProcessCard, routerFolder } from './control-protocol.ts'

/** The process gives requests ten seconds and then ends them. */
const STOP_WITHIN_MS = 12_000

/** One that did not answer the order may still be ending for another reason. */
const DEAF_WITHIN_MS = 500

/** A killed process is gone at once, unless the machine hangs. */
const KILL_WITHIN_MS = 2_000

const LOOK_EVERY_MS = 20

/**
 * Stops a workload's router: it takes no more connections, finishes what is under way and ends.
 * One that does not listen is killed. Its written state stays, so that the next start serves as
 * this one did. `stopped: false` means that none was running.
 */
export async function stopBuiltinRouter(
  stateDir: string,
  name: string,
): Promise<Result<{ readonly stopped: boolean }, DriverFailure>> {
  const folder = routerFolder(resolve(stateDir), name)
  try {
    const card = await readProcessCard(folder)
    if (card === null || !(await isRunning(card))) return yes({ stopped: false })
    const within = AbortSignal.timeout(STOP_WITHIN_MS)
    const answer = await order(card.socket, 'POST', '/stop', undefined, within)
    const graceMs = answer.kind === 'answered' ? STOP_WITHIN_MS : DEAF_WITHIN_MS
    if (await endsWithin(card, graceMs)) return yes({ stopped: true })
    process.kill(card.pid, 'SIGKILL')
    if (await endsWithin(card, KILL_WITHIN_MS)) return yes({ stopped: true })
    const what = `the router '${name}' (process ${card.pid}) does not end, not even when killed`
    return no(failure('unclear', 'after-looking', what))
  } catch (error) {
    // It ended between our look and our signal.
    if (codeOf(error) === 'ESRCH') return yes({ stopped: true })
    const why = error instanceof Error ? error.message : String(error)
    return no(
      failure('unclear', 'after-looking', `the router '${name}' could not be stopped: ${why}`),
    )
  }
}

async function endsWithin(card: ProcessCard, millis: number): Promise<boolean> {
  const endsAt = performance.now() + millis
  while (performance.now() < endsAt) {
    if (!(await isRunning(card))) return true
    await pause(LOOK_EVERY_MS)
  }
  return false
}

function isRunning({ pid, identity }: ProcessCard): Promise<boolean> {
  return identity === null ? Promise.resolve(false) : isSameProcess(pid, identity)
}
