import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { order } from './control-client.ts'
import { PROTOCOL, type ProcessCard, StateAnswer } from './control-protocol.ts'

/**
 * Whether the process of a card is there and the one that is wanted. One that speaks another
 * language or listens elsewhere is left alone: it carries users, and a person has to choose when.
 */
export async function checkProcess(
  { socket, pid }: ProcessCard,
  wanted: { readonly name: string; readonly listen: string },
  signal: AbortSignal,
): Promise<Result<boolean, DriverFailure>> {
  const { name, listen } = wanted
  const answer = await order(socket, 'GET', '/state', undefined, signal)
  if (answer.kind === 'gone' || answer.kind === 'broken') return yes(false)
  if (answer.kind === 'unclear') {
    return no(failure('timed-out', 'safe', `the router '${name}' (process ${pid}): ${answer.why}`))
  }
  const state = StateAnswer.safeParse(answer.body)
  if (!state.success || state.data.protocol !== PROTOCOL) {
    const what = `the router '${name}' (process ${pid}) is of another version of goaround; end it at a quiet moment (\`kill ${pid}\`), and it is started anew`
    return no(failure('misconfigured', 'never', what))
  }
  if (isSameAddress(state.data.listen, listen)) return yes(true)
  const what = `the router '${name}' listens on ${state.data.listen} and not on ${listen}; end it at a quiet moment (\`kill ${pid}\`), or put the old address back into traffic.listen`
  return no(failure('misconfigured', 'never', what))
}

/** Port 0 stands for whichever port was free. */
function isSameAddress(bound: string, asked: string): boolean {
  return bound === asked || (asked.endsWith(':0') && bound.startsWith(asked.slice(0, -1)))
}
