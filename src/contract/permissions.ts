/** What a caller may be allowed to do. */
export type Permission = 'look' | 'report' | 'signed' | 'operate' | 'approve' | 'administer'

/** Roles with a meaning of their own. Every other name is a role that approves. */
const BUILT_IN = ['viewer', 'reporter', 'operator', 'admin'] as const

/** Who may do what: the only place that says so. `any-other-role` is `release-captain`, `on-call` and so on. */
export const WHO_MAY: Readonly<
  Record<Permission, readonly ((typeof BUILT_IN)[number] | 'any-other-role')[]>
> = {
  look: ['viewer', 'operator', 'any-other-role', 'admin'],
  // A token that stands in another system's configuration should be good for nothing else.
  report: ['reporter', 'operator', 'admin'],
  // Whoever signs what they send; without a signature, whoever may report.
  signed: ['reporter', 'operator', 'admin'],
  operate: ['operator', 'admin'],
  // Whether this role's yes is asked for is decided where the decision is known, not here.
  approve: ['any-other-role', 'admin'],
  administer: ['admin'],
}

/** Whether somebody with these roles may do this. */
export function may(roles: readonly string[], permission: Permission): boolean {
  return roles.some((role) => {
    const known = BUILT_IN.find((name) => name === role) ?? 'any-other-role'
    return WHO_MAY[permission].includes(known)
  })
}
