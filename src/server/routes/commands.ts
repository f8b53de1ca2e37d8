import type { RolloutView } from '../../contract/rollout-view.ts'
import { no, type Result } from '../../core/kernel/result.ts'
import type { From, PersonCommand } from '../../engine/control.ts'
import type { Handlers } from '../calls.ts'
import type { ServerParts } from '../parts.ts'
import type { Trouble } from '../problems.ts'
import { findRollout } from './find-rollout.ts'

type CommandHandlers = Pick<
  Handlers,
  'pause' | 'resume' | 'promote' | 'abort' | 'approve' | 'reject' | 'fallback' | 'rollback'
>

/** What people tell a rollout. Each answers with the rollout as it is afterwards. */
export function commandHandlers(parts: ServerParts): CommandHandlers {
  async function tell(
    id: string,
    command: PersonCommand,
    from: From,
  ): Promise<Result<RolloutView, Trouble>> {
    const outcome = await parts.control.tell(id, command, from)
    return outcome.ok ? findRollout(parts, id) : no(outcome.problem)
  }

  return {
    pause: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'pause', because }, from),
    resume: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'resume', because }, from),
    promote: ({ params, from }) => tell(params.id, { type: 'promote' }, from),
    abort: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'abort', because }, from),
    async approve({ params, body: { hash, role }, from }) {
      const speaking = role === undefined ? from : inRole(from, role)
      if (speaking === null)
        return no({ code: 'not-your-role', detail: `your token does not have the role "${role}"` })
      return tell(params.id, { type: 'approve', hash }, speaking)
    },
    reject: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'reject', because }, from),
    fallback: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'choose', choose: 'fallback', because }, from),
    rollback: ({ params, body: { because }, from }) =>
      tell(params.id, { type: 'choose', choose: 'rollback', because }, from),
  }
}

/** The same caller, speaking in one role only; null when the role is not theirs. */
function inRole(from: From, role: string): From | null {
  const { name, roles } = from.actor
  if (!roles.includes(role) && !roles.includes('admin')) return null
  return { ...from, actor: { name, roles: [role] } }
}
