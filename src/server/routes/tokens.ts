import { no, yes } from '../../core/kernel/result.ts'
import type { Handlers } from '../calls.ts'
import type { ServerParts } from '../parts.ts'
import { tokenViewOf } from '../views/token-view-of.ts'

/** Who may speak to the server. */
export function tokenHandlers({
  access,
}: ServerParts): Pick<Handlers, 'listTokens' | 'createToken' | 'revokeToken'> {
  return {
    listTokens: async () => yes({ items: (await access.list()).map(tokenViewOf) }),

    async createToken({ body, from }) {
      const outcome = await access.create(body, from.actor)
      if (!outcome.ok) return no(outcome.problem)
      const { name, roles } = body
      return yes({ name, roles, ...outcome.value })
    },

    async revokeToken({ params: { name }, from }) {
      const outcome = await access.revoke(name, from.actor)
      return outcome.ok ? yes(tokenViewOf(outcome.value)) : no(outcome.problem)
    },
  }
}
