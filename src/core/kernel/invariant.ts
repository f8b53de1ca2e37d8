/** Thrown when goaround itself is wrong. Nobody catches it; a restart replays the log. */
export class Defect extends Error {
  override readonly name = 'Defect'
}

/** States something that must hold. A failure is our own mistake, never the caller's. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Defect(what)
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Defect(`unreachable: ${JSON.stringify(value)}`)
}
