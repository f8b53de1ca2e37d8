import type { TokenView } from '../../contract/token-view.ts'
import type { Token } from '../access/tokens.ts'

/** A token as people see it: never its hash. */
export function tokenViewOf(token: Token): TokenView {
  const { name, roles, createdBy, createdAt, expiresAt, revokedAt } = token
  return { name, roles: [...roles], createdBy, createdAt, expiresAt, revokedAt }
}
